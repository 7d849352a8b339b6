import { quickSpec } from '../../sandbox/kit/shop.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { foreignIn } from '../kit/foreign.ts'
import { inLab } from '../kit/lab.ts'
import { quiet } from '../kit/quiet.ts'
import { STABLE, applyRollout, hostOf, openShop, readyPods, statusOf } from '../kit/shops.ts'
import { releaseOnce } from './release.ts'
import { footprintOutcome } from './report.ts'

const NAMESPACE = 'footprint'
const VERSION = 'v2'
/** Requests a second. */
const RATE = 200

/** What one good release of four steps asks of the rest of the world. */
export async function benchFootprint({ sandbox, task }: Site, _extent: Extent): Promise<Outcome> {
  const env = await sandbox()
  return inLab(env, {}, async (lab) => {
    task.update('starting v1 and v2')
    await openShop(lab, NAMESPACE, { [STABLE]: { LATENCY_MS: 5 }, [VERSION]: { LATENCY_MS: 5 } })
    await eventually('both versions are ready', async () => readyPods(lab, NAMESPACE) === 2)
    const load = await startLoadProcess({ url: env.gateway, host: hostOf(NAMESPACE), ratePerSecond: RATE })
    try {
      await applyRollout(lab, NAMESPACE, specOf(STABLE))
      await eventually('v1 is stable', async () => statusOf(lab, NAMESPACE).stableVersion === STABLE)
      await quiet(lab)
      task.update('a release of four steps')
      const seen = await releaseOnce(lab, { namespace: NAMESPACE, version: VERSION, spec: specOf(VERSION) })
      return footprintOutcome({ ...seen, foreign: foreignIn([await load.stop()]) })
    } finally {
      // After a failure, which is the one to report: nothing may burden what follows.
      await Promise.allSettled([load.stop()])
    }
  })
}

function specOf(version: string): Record<string, unknown> {
  const metrics = [
    { name: 'error-rate', istio: 'ErrorRate', max: '5%' },
    { name: 'p95', istio: 'Latency', percentile: 95, max: '500ms' },
  ]
  return quickSpec(version, { analysis: { interval: '1s', warmup: '1s', metrics } })
}

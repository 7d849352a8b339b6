import { eventually } from '../../sandbox/kit/sluice.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { inLab } from '../kit/lab.ts'
import type { Lab } from '../kit/lab.ts'
import { quiet } from '../kit/quiet.ts'
import { STABLE, applyRollout, openShop, readyPods, statusOf } from '../kit/shops.ts'
import { idleFor } from './idle.ts'
import { loadOutcome } from './report.ts'
import { releaseAtOnce } from './round.ts'
import { NEXT, specOf } from './spec.ts'
import { startTraffic } from './traffic.ts'

/** Requests a second to each shop. */
const RATE = 8
const READY_WITHIN_MS = 600_000

/** Processor time and memory of everything: idle, with one release, and with many at once. */
export async function benchLoad(
  { sandbox, task }: Site,
  { releases, idleSeconds }: Extent,
): Promise<Outcome> {
  const env = await sandbox()
  // At level debug Sluice logs each look, which tells how late it was.
  return inLab(env, { SLUICE_LOG_LEVEL: 'debug' }, async (lab) => {
    const [first = '', ...others] = Array.from({ length: releases + 1 }, (_, index) => `load-${index}`)
    const all = [first, ...others]
    task.update(`starting ${2 * all.length} pods`)
    await openAll(lab, all)
    const traffic = startTraffic(env.gateway, all, RATE)
    try {
      await settle(lab, all)
      task.update(`nothing happens: ${idleSeconds} s for comparison`)
      const idle = await idleFor(lab, idleSeconds)
      task.update('one release')
      const one = await releaseAtOnce(lab, [first], traffic)
      task.update(`${others.length} releases at once`)
      const many = await releaseAtOnce(lab, others, traffic)
      return loadOutcome({ rollouts: all.length, idle, one, many })
    } finally {
      await traffic.stop()
    }
  })
}

async function openAll(lab: Lab, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    await openShop(lab, namespace, { [STABLE]: { LATENCY_MS: 5 }, [NEXT]: { LATENCY_MS: 5 } })
  }
  await eventually(
    'all pods are ready',
    async () => namespaces.every((namespace) => readyPods(lab, namespace) === 2),
    READY_WITHIN_MS,
  )
}

async function settle(lab: Lab, namespaces: readonly string[]): Promise<void> {
  await Promise.all(namespaces.map(async (namespace) => applyRollout(lab, namespace, specOf(STABLE))))
  await eventually('v1 is stable everywhere', async () =>
    namespaces.every((namespace) => statusOf(lab, namespace).stableVersion === STABLE),
  )
  await quiet(lab)
}

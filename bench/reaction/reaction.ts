import type { RolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { quickSpec } from '../../sandbox/kit/shop.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { foreignIn } from '../kit/foreign.ts'
import { inLab } from '../kit/lab.ts'
import type { Lab } from '../kit/lab.ts'
import { STABLE, applyRollout, hostOf, openShop, readyPods, statusOf } from '../kit/shops.ts'
import { measureAll } from './measure.ts'
import { POLL_MS, ProxyHistory } from './proxy-history.ts'
import { reactionOutcome } from './report.ts'
import { rollBack } from './rollback.ts'
import type { Rollback } from './rollback.ts'
import { RouteHistory } from './route-history.ts'

/** Shops whose releases run side by side. */
const SHOPS = 5
/** Requests a second to each shop. */
const RATE = 60
const READY_WITHIN_MS = 180_000

const STEPS = [20, 100].map((weight) => ({ weight, hold: '3s' }))
const METRICS: RolloutSpec['analysis']['metrics'] = [
  { name: 'error-rate', istio: 'ErrorRate', max: '1%' },
  { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' },
]
const ANALYSIS = { interval: '1s', warmup: '1s', metrics: METRICS }
const WARMUP_MS = 1000

/** Time from evidence to weight 0, and from the weight to the proxy. */
export async function benchReaction({ sandbox, task }: Site, { runs }: Extent): Promise<Outcome> {
  const env = await sandbox()
  return inLab(env, {}, async (lab) => {
    const groups = divide(runs, SHOPS)
    task.update('starting pods: v1 and a bad version for each rollback')
    await openShops(lab, groups)
    const loads = await Promise.all(groups.map(async (_, shop) => startLoad(lab, namespaceOf(shop))))
    const proxy = new ProxyHistory(env.envoyAdmin)
    try {
      const routes = new RouteHistory(lab.caches)
      const mark = lab.audit.mark()
      await settle(lab, groups)
      let done = 0
      const tell = () =>
        task.update(`${++done} of ${runs} rollbacks, looks every 1 s, proxy asked every ${POLL_MS} ms`)
      const rollbacks = await rollBackAll(lab, groups, tell)
      await proxy.stop()
      const foreign = foreignIn(await Promise.all(loads.map(async (load) => load.stop())))
      const conditions = { metrics: METRICS, weights: STEPS.map(({ weight }) => weight), warmupMs: WARMUP_MS }
      const results = await measureAll(lab, rollbacks, { mark, proxy, routes, conditions })
      return reactionOutcome(results, { runs, shops: groups.length, foreign })
    } finally {
      // After a failure, which is the one to report: nothing may burden what follows.
      await Promise.allSettled([proxy.stop(), ...loads.map(async (load) => load.stop())])
    }
  })
}

function namespaceOf(shop: number): string {
  return `reaction-${shop + 1}`
}

/** Versions of a shop, each of which is released once. */
function versionsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `v${index + 2}`)
}

/** Divides a number of rollbacks among at most so many shops. */
export function divide(runs: number, shops: number): number[] {
  const used = Math.min(runs, shops)
  return Array.from({ length: used }, (_, index) => Math.ceil((runs - index) / used))
}

async function openShops(lab: Lab, groups: readonly number[]): Promise<void> {
  for (const [shop, count] of groups.entries()) {
    const bad = versionsOf(count).map((version) => [version, { LATENCY_MS: 5, ERROR_RATE: 0.8 }])
    await openShop(lab, namespaceOf(shop), { [STABLE]: { LATENCY_MS: 5 }, ...Object.fromEntries(bad) })
  }
  await eventually(
    'all pods are ready',
    async () => groups.every((count, shop) => readyPods(lab, namespaceOf(shop)) === count + 1),
    READY_WITHIN_MS,
  )
}

async function startLoad({ env }: Lab, namespace: string): Promise<LoadProcess> {
  return startLoadProcess({ url: env.gateway, host: hostOf(namespace), ratePerSecond: RATE })
}

/** The Rollouts stand, and users have v1. */
async function settle(lab: Lab, groups: readonly number[]): Promise<void> {
  await Promise.all(groups.map(async (_, shop) => applyRollout(lab, namespaceOf(shop), specOf(STABLE))))
  await eventually('v1 is stable everywhere', async () =>
    groups.every((_, shop) => statusOf(lab, namespaceOf(shop)).stableVersion === STABLE),
  )
}

function specOf(version: string): Record<string, unknown> & { version: string } {
  return { ...quickSpec(version, { steps: STEPS, analysis: ANALYSIS }), version }
}

async function rollBackAll(lab: Lab, groups: readonly number[], tell: () => void): Promise<Rollback[]> {
  const all = await Promise.all(
    groups.map(async (count, shop) => {
      const rollbacks: Rollback[] = []
      for (const version of versionsOf(count)) {
        rollbacks.push(await rollBack(lab, namespaceOf(shop), specOf(version)))
        tell()
      }
      return rollbacks
    }),
  )
  return all.flat()
}

import { rolloutOf } from '../../src/adapters/kubernetes/rollouts.ts'
import type { RolloutView } from '../../src/cli/view/rollout.ts'
import type { SandboxEnv } from '../env.ts'
import { faultsMet, hasLatencies } from '../kit/metrics.ts'
import { Shop } from '../kit/shop.ts'
import type { ShownRollout } from '../kit/shop.ts'
import { eventually, startSluice } from '../kit/sluice.ts'
import type { SluiceProcess } from '../kit/sluice.ts'
import { startLoadProcess } from '../load/index.ts'
import type { LoadProcess, LoadReport } from '../load/index.ts'
import { BASE_LATENCY_MS, DEMO_CASES, DEPENDENCY } from './cases.ts'
import type { DemoCase } from './cases.ts'
import type { CaseReport, DemoReports } from './judge.ts'
import { specOf } from './probe-spec.ts'
import { runCase } from './run-case.ts'
import { SWEEP_INTERVAL, playStale } from './stale.ts'
import type { StaleReport } from './stale.ts'

/** Who watches the demo. */
export interface Audience {
  /** Something is being set up. */
  say(text: string): void
  begins(demo: DemoCase): void
  beginsStale(): void
  /** The Rollout as it stands, its events, and what the load has brought so far. */
  shows(view: RolloutView, load: LoadReport): void
  ended(report: CaseReport): void
  endedStale(report: StaleReport): void
}

export interface DemoOptions {
  readonly namespace: string
  /** Requests a second through the gateway. */
  readonly rate: number
  /** Leave Sluice running. */
  readonly keep?: boolean
}

/** Sluice, which may be another process after a crash. */
interface Runner {
  sluice: SluiceProcess
}

/** The whole story: `reviews` v1 under load, and one release after the other. Leaves the namespace as it stands. */
export async function runDemo(
  env: SandboxEnv,
  options: DemoOptions,
  audience: Audience,
): Promise<DemoReports> {
  audience.say('starting Sluice, reviews v1 with two pods, and ratings, which later versions call')
  const runner = { sluice: await start(env) }
  try {
    const shop = new Shop(env, options.namespace)
    const ratings = shop.beside(DEPENDENCY)
    await Promise.all([
      runner.sluice.ready(),
      shop.open({ LATENCY_MS: BASE_LATENCY_MS }),
      ratings.open({}, { replicas: 1 }),
    ])
    audience.say(`sending ${options.rate} requests a second through the gateway`)
    const { gateway: url } = env
    const load = await startLoadProcess({ url, host: shop.host, path: '/', ratePerSecond: options.rate })
    try {
      await eventually('Prometheus has metrics of reviews', async () => hasLatencies(env, shop.host))
      await shop.applyRollout(specOf({ version: 'v1' }))
      await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
      return await runAll({ env, shop, load, runner }, audience)
    } finally {
      await load.stop()
    }
  } finally {
    if (options.keep !== true) await runner.sluice.stop()
  }
}

interface Scene {
  readonly env: SandboxEnv
  readonly shop: Shop
  readonly load: LoadProcess
  readonly runner: Runner
}

/** Sluice as the demo needs it. */
async function start(env: SandboxEnv): Promise<SluiceProcess> {
  return startSluice(env, { settings: { SLUICE_SWEEP_INTERVAL: SWEEP_INTERVAL } })
}

async function runAll({ env, shop, load, runner }: Scene, audience: Audience): Promise<DemoReports> {
  const crash = async () => {
    audience.say(`kill -9 ${runner.sluice.pid}: the worker is gone; starting another`)
    await runner.sluice.kill()
    runner.sluice = await start(env)
  }
  const seen = async (shown: ShownRollout) => {
    const view = { rollout: rolloutOf(shown), events: await shop.events() }
    audience.shows(view, await load.snapshot())
  }
  const reports: CaseReport[] = []
  for (const demo of DEMO_CASES) {
    audience.begins(demo)
    const stage = { shop, load, crash, seen, faultsMet: async () => faultsMet(env, shop.namespace) }
    const report = await runCase(stage, demo)
    audience.ended(report)
    reports.push(report)
  }
  audience.beginsStale()
  const stale = await playStale(env, shop)
  audience.endedStale(stale)
  return { releases: reports, stale }
}

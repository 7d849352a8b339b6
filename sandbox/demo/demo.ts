import { rolloutOf } from '../../src/adapters/kubernetes/rollouts.ts'
import type { RolloutView } from '../../src/cli/view/rollout.ts'
import type { SandboxEnv } from '../env.ts'
import { Shop, quickSpec } from '../kit/shop.ts'
import type { ShownRollout } from '../kit/shop.ts'
import { startSluice } from '../kit/sluice.ts'
import type { SluiceProcess } from '../kit/sluice.ts'
import { startLoadProcess } from '../load/index.ts'
import type { LoadReport } from '../load/index.ts'
import { BASE_LATENCY_MS, DEMO_CASES } from './cases.ts'
import type { DemoCase } from './cases.ts'
import { runCase } from './run-case.ts'
import type { CaseReport } from './run-case.ts'

/** Who watches the demo. */
export interface Audience {
  /** Something is being set up. */
  say(text: string): void
  begins(demo: DemoCase): void
  /** The Rollout as it stands, its events, and what the load has brought so far. */
  shows(view: RolloutView, load: LoadReport): void
  ended(report: CaseReport): void
}

export interface DemoOptions {
  readonly namespace: string
  /** Requests a second through the gateway. */
  readonly rate: number
  readonly cases?: readonly DemoCase[]
}

/** The whole story: `reviews` v1 under load, and one release after the other. Leaves the namespace as it stands. */
export async function runDemo(
  env: SandboxEnv,
  options: DemoOptions,
  audience: Audience,
): Promise<CaseReport[]> {
  const shop = new Shop(env, options.namespace)
  audience.say('starting Sluice, and reviews v1 with two pods')
  let sluice = await startSluice(env)
  await Promise.all([sluice.ready(), shop.open({ LATENCY_MS: BASE_LATENCY_MS })])
  audience.say(`sending ${options.rate} requests a second through the gateway`)
  const load = await startLoadProcess({
    url: env.gateway,
    host: shop.host,
    path: '/',
    ratePerSecond: options.rate,
  })
  await shop.applyRollout(quickSpec('v1'))
  await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
  const stage = {
    shop,
    load,
    crash: async () => {
      sluice = await crashed(sluice, env, audience)
    },
    seen: async (shown: ShownRollout) => {
      const view = { rollout: rolloutOf(shown), events: await shop.events() }
      audience.shows(view, await load.snapshot())
    },
  }
  try {
    return await runAll(stage, options.cases ?? DEMO_CASES, audience)
  } finally {
    await load.stop()
    await sluice.stop()
  }
}

async function runAll(
  stage: Parameters<typeof runCase>[0],
  cases: readonly DemoCase[],
  audience: Audience,
): Promise<CaseReport[]> {
  const reports: CaseReport[] = []
  for (const demo of cases) {
    audience.begins(demo)
    const report = await runCase(stage, demo)
    audience.ended(report)
    reports.push(report)
  }
  return reports
}

async function crashed(sluice: SluiceProcess, env: SandboxEnv, audience: Audience): Promise<SluiceProcess> {
  audience.say(`kill -9 ${sluice.pid}: the worker is gone; starting another`)
  await sluice.kill()
  return startSluice(env)
}

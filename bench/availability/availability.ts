import type { SandboxEnv } from '../../sandbox/env.ts'
import { Shop } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import { foreignErrors, startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess, LoadReport } from '../../sandbox/load/index.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { foreignIn } from '../kit/foreign.ts'
import type { Foreign } from '../kit/foreign.ts'
import { sum } from '../statistics.ts'
import { CASES, PODS, specOf } from './cases.ts'
import type { Case } from './cases.ts'
import { availabilityOutcome } from './report.ts'

/** What users saw of one case. */
export interface CaseSeen {
  readonly name: string
  readonly seconds: number
  readonly requests: number
  /** Errors of the app itself: those of the bad version. */
  readonly appErrors: number
  /** Errors that the app did not make. */
  readonly ownErrors: number
  /** Why it did not end as it should. */
  readonly problem?: string
}

/** What users saw of all. */
export interface AvailabilitySeen {
  readonly ratePerSecond: number
  readonly cases: readonly CaseSeen[]
  readonly foreign: Foreign
  /** Requests that were due but not sent, since all connections of the load were busy. */
  readonly notSent: number
}

/** Errors that users see while versions change and pods are restarted. */
export async function benchAvailability({ sandbox, task }: Site, { rate }: Extent): Promise<Outcome> {
  const env = await sandbox()
  const sluice = await startSluice(env)
  try {
    await sluice.ready()
    return availabilityOutcome(await watchUsers(env, rate, (name) => task.update(name)))
  } finally {
    await sluice.stop()
  }
}

/**
 * Takes a service with three pods a version through all cases, one after the other, under steady load.
 * @param ratePerSecond requests
 * @param tell is told the name of each case as it begins
 */
export async function watchUsers(
  env: SandboxEnv,
  ratePerSecond: number,
  tell: (name: string) => void,
): Promise<AvailabilitySeen> {
  const shop = new Shop(env, `availability-${Date.now().toString(36)}`)
  await shop.open()
  await shop.deploy('v1', {}, PODS)
  await shop.podsReady('v1', PODS)
  await shop.applyRollout(specOf('v1'))
  await shop.status('v1 is stable', ({ stableVersion }) => stableVersion === 'v1')
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, ratePerSecond })
  try {
    const cases: CaseSeen[] = []
    for (const one of CASES) {
      tell(one.name)
      cases.push(await watchCase(one, shop, load))
      if (cases.at(-1)?.problem !== undefined) break
    }
    const report = await load.stop()
    return { ratePerSecond, cases, foreign: foreignIn([report]), notSent: report.notSent }
  } finally {
    await Promise.allSettled([load.stop(), shop.close()])
  }
}

async function watchCase({ name, run }: Case, shop: Shop, load: LoadProcess): Promise<CaseSeen> {
  const before = await load.snapshot()
  const problem = await run(shop).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const after = await load.snapshot()
  return {
    name,
    seconds: (after.elapsedMs - before.elapsedMs) / 1000,
    requests: after.sent - before.sent,
    appErrors: appErrors(after) - appErrors(before),
    ownErrors: foreignErrors(after) - foreignErrors(before),
    ...(problem !== undefined && { problem }),
  }
}

function appErrors({ outcomes }: LoadReport): number {
  const errors = outcomes.filter(({ origin, status }) => origin === 'app' && (status ?? 0) >= 500)
  return sum(errors.map(({ count }) => count))
}

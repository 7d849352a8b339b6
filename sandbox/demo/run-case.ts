import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { remainsOf } from '../kit/remains.ts'
import { hasWeight } from '../kit/shop.ts'
import type { Shop, ShownRollout } from '../kit/shop.ts'
import { eventually } from '../kit/sluice.ts'
import { foreignErrors } from '../load/index.ts'
import type { LoadProcess } from '../load/index.ts'
import type { DemoCase } from './cases.ts'

/** A case must be over by then (milliseconds). */
const CASE_WITHIN_MS = 240_000

/** What the demo works with. */
export interface Stage {
  readonly shop: Shop
  readonly load: LoadProcess
  /** Kills the worker as a crash does, and starts it again. */
  crash(): Promise<void>
  /** Called whenever the Rollout was read. */
  seen(rollout: ShownRollout): Promise<void>
}

/** What came of a case. */
export interface CaseReport {
  readonly demo: DemoCase
  readonly result: string
  readonly users: string
  readonly largestWeight: number
  readonly seconds: number
  /** Requests that failed for another reason than the app's own errors. */
  readonly foreignErrors: number
  /** What is not as expected, one line each. */
  readonly problems: readonly string[]
}

/** Releases a version and watches until the release is over. */
export async function runCase(stage: Stage, demo: DemoCase): Promise<CaseReport> {
  const { shop, load } = stage
  await shop.deploy(demo.version, demo.app)
  await shop.podsReady(demo.version, 2)
  const before = await meshOf(shop)
  const failedBefore = foreignErrors(await load.snapshot())
  const startedAt = Date.now()
  await shop.patchRollout({ version: demo.version })
  const largestWeight = await follow(stage, demo)
  const seconds = (Date.now() - startedAt) / 1000
  const status = (await shop.rollout())?.status ?? {}
  const report = {
    demo,
    result: status.history?.[0]?.result ?? 'nothing',
    users: status.stableVersion ?? 'nobody',
    largestWeight,
    seconds,
    foreignErrors: foreignErrors(await load.snapshot()) - failedBefore,
  }
  const remains = remainsOf(before, await meshOf(shop), demo.expected.users)
  return { ...report, problems: [...problemsOf(report), ...remains] }
}

/** Reads the status until the release is over; the largest weight that was seen. */
async function follow(stage: Stage, demo: DemoCase): Promise<number> {
  let largest = 0
  let killed = false
  const look = async (): Promise<boolean> => {
    const rollout = await stage.shop.rollout()
    const status = rollout?.status ?? {}
    if (rollout === undefined || status.release?.version !== demo.version) return false
    await stage.seen(rollout)
    largest = Math.max(largest, status.weight?.desired ?? 0)
    if (!killed && isTimeToKill(demo, status)) {
      killed = true
      await stage.crash()
    }
    return status.release.phase === 'Done'
  }
  await eventually(`the release of ${demo.version} is over`, look, CASE_WITHIN_MS)
  return largest
}

function isTimeToKill({ killAtWeight }: DemoCase, status: RolloutStatus): boolean {
  return killAtWeight !== undefined && hasWeight(status, killAtWeight)
}

function problemsOf(report: Omit<CaseReport, 'problems'>): string[] {
  const { demo, result, users, largestWeight } = report
  const { expected } = demo
  return [
    ...differs('result', expected.result, result),
    ...differs('users have', expected.users, users),
    ...differs('largest weight', expected.largestWeight, largestWeight),
    ...differs("errors that are not the app's", 0, report.foreignErrors),
  ]
}

function differs(what: string, expected: string | number, seen: string | number): string[] {
  return expected === seen ? [] : [`${what}: expected ${expected}, seen ${seen}`]
}

async function meshOf(shop: Shop) {
  return { virtualService: await shop.virtualService(), destinationRule: await shop.destinationRule() }
}

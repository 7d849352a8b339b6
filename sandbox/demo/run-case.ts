import { remainsOf } from '../kit/remains.ts'
import { weightOf } from '../kit/route.ts'
import type { MeshObjects } from '../kit/route.ts'
import { hasWeight } from '../kit/shop.ts'
import type { Shop, ShownRollout } from '../kit/shop.ts'
import { eventually } from '../kit/sluice.ts'
import { foreignErrors } from '../load/index.ts'
import type { LoadProcess } from '../load/index.ts'
import type { DemoCase } from './cases.ts'
import { PODS, problemsOf } from './judge.ts'
import type { CaseReport, Seen } from './judge.ts'
import { specOf } from './probe-spec.ts'

/** A release must be over by then (milliseconds). */
const RELEASE_WITHIN_MS = 240_000
/** The pods of a version that was scaled to zero must be gone by then (milliseconds). */
const PODS_GONE_WITHIN_MS = 30_000

/** What the demo works with. */
export interface Stage {
  readonly shop: Shop
  readonly load: LoadProcess
  /** How many calls met a fault so far, by the caller's workload. */
  faultsMet(): Promise<Readonly<Record<string, number>>>
  /** Kills the worker as a crash does, and starts it again. */
  crash(): Promise<void>
  /** Called whenever the Rollout was read. */
  seen(rollout: ShownRollout): Promise<void>
}

/** Releases a version, watches until the release is over, and judges what came of it. */
export async function runCase(stage: Stage, demo: DemoCase): Promise<CaseReport> {
  const { shop, load } = stage
  await shop.deploy(demo.version, demo.app)
  await shop.podsReady(demo.version, PODS)
  const before = await meshOf(shop)
  const failedBefore = foreignErrors(await load.snapshot())
  const metBefore = await stage.faultsMet()
  const startedAt = Date.now()
  await shop.patchRollout(specOf(demo))
  const followed = await follow(stage, demo)
  const seconds = (Date.now() - startedAt) / 1000
  const pods = await podsAfter(shop, demo)
  const rollout = await rolloutOf(shop)
  const [probe] = demo.probes ? (rollout.status?.faults ?? []) : []
  const seen = {
    ...followed,
    pods,
    rollout,
    met: risen(metBefore, await stage.faultsMet()),
    ...(probe && { probe: probe.state }),
    remains: remainsOf(before, await meshOf(shop), demo.expected.users),
    foreignErrors: foreignErrors(await load.snapshot()) - failedBefore,
  }
  return { demo, seen, seconds, problems: problemsOf(demo, seen) }
}

/** By how much each count rose, where it did. */
function risen(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const all = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
  return Object.fromEntries(all.filter(([, more]) => more > 0))
}

/** Looks until the release is over: which weights the canary got, and whether the worker was killed. */
async function follow(stage: Stage, demo: DemoCase): Promise<Pick<Seen, 'weights' | 'killedAt'>> {
  const weights: number[] = []
  let killedAt: number | undefined
  const look = async (): Promise<boolean> => {
    const [rollout, mesh] = await Promise.all([rolloutOf(stage.shop), meshOf(stage.shop)])
    const { status = {} } = rollout
    if (status.release?.version !== demo.version) return false
    await stage.seen(rollout)
    const weight = weightOf(mesh, demo.version)
    if (weight > 0 && weight !== weights.at(-1)) weights.push(weight)
    if (demo.killAtWeight !== undefined && killedAt === undefined && hasWeight(status, demo.killAtWeight)) {
      killedAt = demo.killAtWeight
      await stage.crash()
    }
    return status.release.phase === 'Done'
  }
  await eventually(`the release of ${demo.version} is over`, look, RELEASE_WITHIN_MS)
  return { weights, ...(killedAt !== undefined && { killedAt }) }
}

/** Waits for the pods that have to go, and counts what is there then. */
async function podsAfter(shop: Shop, { expected }: DemoCase): Promise<Seen['pods']> {
  const end = Date.now() + PODS_GONE_WITHIN_MS
  const count = async () => (await shop.pods(expected.gone)).length
  const isDecided = async () => (await count()) === 0 || Date.now() > end
  await eventually(`the pods of ${expected.gone} are counted`, isDecided)
  return { users: await shop.readyPods(expected.users), gone: await count() }
}

async function rolloutOf(shop: Shop): Promise<ShownRollout> {
  const rollout = await shop.rollout()
  if (rollout === undefined) throw new Error(`the Rollout ${shop.namespace}/reviews is gone`)
  return rollout
}

async function meshOf(shop: Shop): Promise<MeshObjects> {
  return { virtualService: await shop.virtualService(), destinationRule: await shop.destinationRule() }
}

import type { ResultEvent } from '../../../../src/core/machine/event.ts'
import { desiredWeight } from '../../../../src/core/machine/state.ts'
import type { Phase, ReleaseState, Side } from '../../../../src/core/machine/state.ts'
import { pauseOf } from '../../../../src/core/machine/timers.ts'
import { transition } from '../../../../src/core/machine/transition.ts'
import { podsNeeded } from '../../../../src/core/policy/capacity.ts'
import { preflight } from '../../../../src/core/policy/preflight.ts'
import {
  addSubset,
  claimRoute,
  forget,
  lowerWeight,
  promoteCanary,
  raiseWeight,
  settleRoute,
  settleRule,
} from '../../../../src/core/traffic/edits.ts'
import type { TrafficContext } from '../../../../src/core/traffic/context.ts'
import type { Edit } from '../../../../src/core/traffic/edits.ts'
import { namesSubset } from '../../../../src/core/traffic/references.ts'
import type { MeshObject } from '../../../../src/core/traffic/types.ts'
import { ConflictError } from '../../../../src/ports.ts'
import { KEY, ROLLOUT, SERVICE } from '../../shop.ts'
import { observe } from './observer.ts'
import { sceneOf } from './scene.ts'
import type { World } from './world.ts'

export type Steps<T> = Generator<void, T>
type Applied = 'Written' | 'Unchanged' | 'Missing' | 'Stale' | 'Halted' | 'NoRoute'

/**
 * What activities do, with a stop before every write and in every wait. They mirror src/activities; the edits, the fence
 * and all decisions are the real ones.
 */
const ACTIONS: Readonly<Partial<Record<Phase, (world: World, state: ReleaseState) => Steps<ResultEvent>>>> = {
  Preflight: check,
  Preparing: prepare,
  Raising: raise,
  Observing: observe,
  Promoting: promote,
  Retiring: retire,
  Lowering: lower,
  Cleaning: clean,
  Forgetting: forgetting,
  Refused: pause,
  Retaining: pause,
}

/** The next action writes the status soon. */
const QUIET: ReadonlySet<ResultEvent['type']> = new Set(['Elapsed', 'Cleared', 'Raised'])

/** The action of a phase; it ends with the status of the state that it leads to. */
export function* actionOf(world: World, state: ReleaseState): Steps<ResultEvent | undefined> {
  yield
  const action = ACTIONS[state.phase]
  if (action === undefined) return undefined
  const event = yield* action(world, state)
  yield
  const after = transition(state, event)
  if (!QUIET.has(event.type) || after.phase === 'Done') world.writeStatus(after)
  yield
  return event
}

/** As src/activities/apply: read, decide, write, anew after each conflict. */
export function* applying<T extends MeshObject>(
  world: World,
  target: { readonly kind: T['kind']; readonly by: ReleaseState },
  edit: Edit<T>,
): Steps<Applied> {
  for (;;) {
    const object = world.store.read(target.kind, ROLLOUT) as T | undefined
    if (object === undefined) return 'Missing'
    const edited = edit(object)
    if ('refused' in edited) return edited.refused
    if (JSON.stringify(edited.object) === JSON.stringify(object)) return 'Unchanged'
    yield
    try {
      world.write(edited.object, target.by)
      return 'Written'
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
  }
}

export function contextOf(world: World, state: ReleaseState): TrafficContext {
  const { stable, canary, id, seq } = state
  if (!stable || !canary) throw new Error(`${state.phase} before preflight`)
  const route = { service: SERVICE, name: world.scenery.named ? 'primary' : undefined }
  return { writer: { rollout: KEY, uid: ROLLOUT.uid, release: id, seq }, route, stable, canary }
}

export const ofRoute = (by: ReleaseState) => ({ kind: 'VirtualService' as const, by })
export const ofRule = (by: ReleaseState) => ({ kind: 'DestinationRule' as const, by })

function* pause(world: World, state: ReleaseState): Steps<ResultEvent> {
  const until = world.now + (pauseOf(state, world.now) ?? 0)
  while (world.now < until) yield
  return { type: 'Elapsed', seq: state.seq, at: world.now }
}

function* check(world: World, state: ReleaseState): Steps<ResultEvent> {
  yield
  const { kind, ...rest } = preflight(sceneOf(world, state))
  return { type: kind, seq: state.seq, at: world.now, ...rest } as ResultEvent
}

function* prepare(world: World, state: ReleaseState): Steps<ResultEvent> {
  if (world.rollout) world.finalizer = true
  const traffic = contextOf(world, state)
  const claimed = yield* applying(world, ofRoute(state), claimRoute(traffic))
  const refused = overtaken(world, state, claimed)
  if (refused) return refused
  const needed = podsNeeded(
    state.direct ? 0 : (state.plan.steps[Math.max(0, state.step)]?.weight ?? 0),
    state.stablePods,
  )
  if (world.ready(traffic.canary.version) < needed) world.writeStatus(state)
  const late = yield* until(world, state, () => world.checks.look(traffic.canary.version) >= needed)
  if (late) return late
  const added = yield* applying(world, ofRule(state), addSubset(traffic, state.plan.versionLabel))
  const second = overtaken(world, state, added)
  if (second) return second
  const unknown = yield* until(world, state, () => world.checks.looksAtSubset(traffic.canary.subset))
  return unknown ?? { type: 'Prepared', seq: state.seq, at: world.now }
}

function* until(world: World, state: ReleaseState, holds: () => boolean): Steps<ResultEvent | undefined> {
  while (!holds()) {
    if (world.now >= state.phaseAt + state.plan.progressDeadlineMs)
      return { type: 'DeadlineExceeded', seq: state.seq, at: world.now, message: 'too late' }
    yield
  }
  return undefined
}

function overtaken(world: World, { seq }: ReleaseState, applied: Applied): ResultEvent | undefined {
  const at = world.now
  if (applied === 'Written' || applied === 'Unchanged') return undefined
  if (applied === 'Stale' || applied === 'Halted') return { type: 'Overtaken', seq, at, message: applied }
  return { type: 'Failed', seq, at, reason: 'TrafficObjectGone', message: applied }
}

function* raise(world: World, state: ReleaseState): Steps<ResultEvent> {
  world.writeStatus(state)
  yield
  const traffic = contextOf(world, state)
  if (world.checks.look(traffic.canary.version) === 0) {
    yield* applying(world, ofRoute(state), lowerWeight(traffic, false))
    const kept = state.evidence && { evidence: state.evidence }
    return { type: 'CanaryLost', seq: state.seq, at: world.now, message: 'no pod is ready', ...kept }
  }
  const applied = yield* applying(world, ofRoute(state), raiseWeight(traffic, desiredWeight(state)))
  return overtaken(world, state, applied) ?? { type: 'Raised', seq: state.seq, at: world.now }
}

function* promote(world: World, state: ReleaseState): Steps<ResultEvent> {
  world.writeStatus(state)
  const traffic = contextOf(world, state)
  while (world.checks.look(traffic.canary.version) === 0) yield
  const applied = yield* applying(world, ofRoute(state), promoteCanary(traffic))
  return overtaken(world, state, applied) ?? { type: 'Promoted', seq: state.seq, at: world.now }
}

function* lower(world: World, state: ReleaseState): Steps<ResultEvent> {
  yield* applying(world, ofRoute(state), lowerWeight(contextOf(world, state), true))
  return { type: 'Lowered', seq: state.seq, at: world.now }
}

function* retire(world: World, state: ReleaseState): Steps<ResultEvent> {
  const { stable, canary } = contextOf(world, state)
  yield* dropSubset(world, state, { leaves: stable, stays: canary, onlyIfOurs: false })
  yield
  if (!state.wanted.deleting) world.finalizer = false
  return { type: 'Retired', seq: state.seq, at: world.now }
}

function* clean(world: World, state: ReleaseState): Steps<ResultEvent> {
  const { stable, canary } = contextOf(world, state)
  yield* dropSubset(world, state, { leaves: canary, stays: stable, onlyIfOurs: true })
  yield* applying(world, ofRoute(state), settleRoute({ ...contextOf(world, state), canary: stable }))
  yield
  if (!state.wanted.deleting) world.finalizer = false
  return { type: 'Cleaned', seq: state.seq, at: world.now }
}

function* dropSubset(
  world: World,
  state: ReleaseState,
  what: { leaves: Side; stays: Side; onlyIfOurs: boolean },
): Steps<void> {
  const { leaves, stays, onlyIfOurs } = what
  const isNamed = () => {
    const object = world.virtualService
    return object !== undefined && namesSubset(object, SERVICE, leaves.subset)
  }
  // The proxies do at once what the VirtualService says.
  while (isNamed()) yield
  const ended = { ...contextOf(world, state), stable: stays, canary: stays }
  yield* applying(world, ofRule(state), settleRule(ended, { subset: leaves.subset, onlyIfOurs }))
}

function* forgetting(world: World, state: ReleaseState): Steps<ResultEvent> {
  const writer = { rollout: KEY, uid: ROLLOUT.uid, release: state.id, seq: state.seq }
  yield* applying(world, ofRoute(state), forget(writer))
  yield* applying(world, ofRule(state), forget(writer))
  yield
  world.finalizer = false
  return { type: 'Forgotten', seq: state.seq, at: world.now }
}

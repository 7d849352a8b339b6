import type { ResultEvent } from '../../../../src/core/machine/event.ts'
import { isHalfGone } from '../../../../src/core/machine/moves.ts'
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
  haltRoute,
  lowerWeight,
  promoteCanary,
  reclaimRoute,
  raiseWeight,
  settleRoute,
  settleRule,
} from '../../../../src/core/traffic/edits.ts'
import { isMarkLost } from '../../../../src/core/traffic/fence.ts'
import { isNamedElsewhere } from '../../../../src/core/traffic/managed.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import { namesSubset } from '../../../../src/core/traffic/references.ts'
import { KEY, ROLLOUT, SERVICE } from '../../shop.ts'
import type { TrafficContext } from '../../../../src/core/traffic/context.ts'
import { percentsOf } from './foreign.ts'
import { observe, takeHoldAgain } from './observer.ts'
import { sceneOf } from './scene.ts'
import { applying, contextOf, ofRoute, ofRule, refusal, stamp } from './steps.ts'
import type { Applied, Steps } from './steps.ts'
import type { World } from './world.ts'

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
  if (state.canary) world.knowledge.begin(state.canary)
  const event = yield* action(world, state)
  yield
  const after = transition(state, event)
  if (!QUIET.has(event.type) || after.phase === 'Done') world.writeStatus(after)
  yield
  return event
}

function* pause(world: World, state: ReleaseState): Steps<ResultEvent> {
  const end = world.now + (pauseOf(state, world.now) ?? 0)
  while (world.now < end) yield
  return { ...stamp(world, state), type: 'Elapsed' }
}

function* check(world: World, state: ReleaseState): Steps<ResultEvent> {
  yield
  const { kind, ...rest } = preflight(sceneOf(world, state))
  return { type: kind, ...stamp(world, state), ...rest } as ResultEvent
}

function* prepare(world: World, state: ReleaseState): Steps<ResultEvent> {
  if (!world.rollout) return { ...stamp(world, state), type: 'Forgotten' }
  world.finalizer = true
  const traffic = contextOf(world, state)
  const claimed = refusal(world, state, yield* applying(world, ofRoute(state), claimRoute(traffic)))
  if (claimed) return claimed
  const needed = neededPods(state)
  if (world.ready(traffic.canary.version) < needed) world.writeStatus(state)
  const late = yield* until(world, state, () => world.knowledge.look(traffic.canary.version) >= needed)
  if (late) return late
  const edit = addSubset(traffic, state.plan.versionLabel)
  const added = refusal(world, state, yield* applying(world, ofRule(state), edit))
  if (added) return added
  const unknown = yield* until(world, state, () => world.knowledge.lookAtSubset(traffic.canary.subset))
  if (unknown) return unknown
  while (world.spec.paused) yield
  return { ...stamp(world, state), type: 'Prepared' }
}

function neededPods({ plan, step, direct, stablePods }: ReleaseState): number {
  const weight = plan.steps[Math.max(0, step)]?.weight ?? 0
  return podsNeeded(direct === undefined ? weight : 0, stablePods)
}

function* until(world: World, state: ReleaseState, holds: () => boolean): Steps<ResultEvent | undefined> {
  while (!holds()) {
    if (world.now >= state.phaseAt + state.plan.progressDeadlineMs)
      return { ...stamp(world, state), type: 'DeadlineExceeded', message: 'too late' }
    yield
  }
  return undefined
}

function* raise(world: World, state: ReleaseState): Steps<ResultEvent> {
  world.writeStatus(state)
  yield
  const traffic = contextOf(world, state)
  if (!isReachable(world, traffic.canary)) return yield* lost(world, state)
  const applied = yield* applying(world, ofRoute(state), raiseWeight(traffic, desiredWeight(state)))
  const refused = refusal(world, state, applied)
  if (refused?.type === 'Overtaken') return (yield* takeHoldAgain(world, state)) ?? refused
  return refused ?? { ...stamp(world, state), type: 'Raised' }
}

function* promote(world: World, state: ReleaseState): Steps<ResultEvent> {
  world.writeStatus(state)
  const { canary } = contextOf(world, state)
  while (!isReachable(world, canary)) {
    if (state.direct === undefined) return yield* lost(world, state)
    if (state.direct === 'Returned' && world.now >= state.phaseAt + state.plan.progressDeadlineMs)
      return { ...stamp(world, state), type: 'DeadlineExceeded', message: 'too late' }
    yield
  }
  const applied = yield* giveAll(world, state)
  return refusal(world, state, applied) ?? { ...stamp(world, state), type: 'Promoted' }
}

function isReachable({ knowledge }: World, { version, subset }: Side): boolean {
  return knowledge.look(version) > 0 && knowledge.lookAtSubset(subset)
}

function* lost(world: World, state: ReleaseState): Steps<ResultEvent> {
  yield* applying(world, ofRoute(state), lowerWeight(contextOf(world, state), false))
  const kept = state.evidence && { evidence: state.evidence }
  return { ...stamp(world, state), type: 'CanaryLost', message: 'nobody would answer', ...kept }
}

function* giveAll(world: World, state: ReleaseState): Steps<Applied> {
  const traffic = contextOf(world, state)
  const applied = yield* applying(world, ofRoute(state), promoteCanary(traffic))
  if ((applied !== 'Halted' && applied !== 'Stale') || !mayReclaim(world, state)) return applied
  yield* applying(world, ofRoute(state), reclaimRoute(traffic))
  return yield* applying(world, ofRoute(state), promoteCanary(traffic))
}

function mayReclaim(world: World, state: ReleaseState): boolean {
  const { rollout, status, virtualService } = world
  const isLast = rollout !== undefined && (status.release?.seq ?? 0) <= state.seq + 1
  const { writer } = contextOf(world, state)
  return isLast && virtualService !== undefined && isMarkLost(markOf(virtualService, KEY), writer)
}

function* takeAll(world: World, state: ReleaseState): Steps<Applied> {
  return yield* applying(world, ofRoute(state), lowerWeight(contextOf(world, state), true))
}

function* lower(world: World, state: ReleaseState): Steps<ResultEvent> {
  const traffic = contextOf(world, state)
  while (!isToGo(world, state) && isStandIn(world, traffic)) {
    yield* applying(world, ofRoute(state), haltRoute(traffic))
    yield
  }
  yield* takeAll(world, state)
  return { ...stamp(world, state), type: 'Lowered' }
}

function isToGo({ now, deleting }: World, { phaseAt, plan }: ReleaseState): boolean {
  return deleting && now >= phaseAt + plan.progressDeadlineMs
}

/** As src/activities/traffic: nobody but the canary can answer, and it has weight. */
function isStandIn(world: World, { stable, canary }: TrafficContext): boolean {
  const isAlone = world.ready(stable.version) === 0 && world.ready(canary.version) > 0
  const object = world.virtualService
  return isAlone && object !== undefined && (percentsOf(object).get(canary.subset) ?? 0) > 0
}

function* retire(world: World, state: ReleaseState): Steps<ResultEvent> {
  const { stable, canary } = contextOf(world, state)
  const settled = yield* dropSubset(world, state, { leaves: stable, stays: canary, onlyIfOurs: false })
  yield
  if (settled !== 'Stale' && !state.wanted.deleting) world.finalizer = false
  return { ...stamp(world, state), type: 'Retired' }
}

function* clean(world: World, state: ReleaseState): Steps<ResultEvent> {
  const { stable, canary } = contextOf(world, state)
  const dropped = yield* dropSubset(world, state, { leaves: canary, stays: stable, onlyIfOurs: true })
  const edit = settleRoute({ ...contextOf(world, state), canary: stable })
  const settled = yield* applying(world, ofRoute(state), edit)
  yield
  const isBehind = dropped === 'Stale' || settled === 'Stale'
  if (!isBehind && !state.wanted.deleting) world.finalizer = false
  return { ...stamp(world, state), type: 'Cleaned' }
}

function* dropSubset(
  world: World,
  state: ReleaseState,
  what: { leaves: Side; stays: Side; onlyIfOurs: boolean },
): Steps<Applied> {
  const { leaves, stays, onlyIfOurs } = what
  const keep = keeping(world, state, leaves)
  if ((yield* untilUnused(world, state, keep)) === 'Stale') return 'Stale'
  const ended = { ...contextOf(world, state), stable: stays, canary: stays }
  const goes = keep.isNamed() ? undefined : { subset: leaves.subset, onlyIfOurs }
  const settled = yield* applying(world, ofRule(state), settleRule(ended, goes))
  if (settled !== 'Stale' && keep.isOurs() && !keep.isHelpless()) yield* keep.putBack(world, state)
  return settled
}

type Keeping = ReturnType<typeof keeping>

/** As src/activities/final-route. */
function keeping(world: World, state: ReleaseState, leaves: Side) {
  const traffic = contextOf(world, state)
  const isNamed = () => {
    const object = world.virtualService
    return object !== undefined && namesSubset(object, SERVICE, leaves.subset)
  }
  const isOurs = () => {
    const object = world.virtualService
    return isNamed() && object !== undefined && !isNamedElsewhere(object, traffic, leaves.subset)
  }
  const putBack = leaves.subset === state.canary?.subset ? takeAll : giveAll
  const isHelpless = () => {
    const helpless = isOurs() && putBack === giveAll && !isReachable(world, traffic.canary)
    if (helpless) world.restChecks.onGivenUp()
    return helpless
  }
  return { isNamed, isOurs, isHelpless, putBack }
}

/** The proxies do at once what the VirtualService says. */
function* untilUnused(world: World, state: ReleaseState, keep: Keeping): Steps<'Stale' | undefined> {
  while (keep.isOurs()) {
    const isHelpless = keep.isHelpless()
    if (isHelpless && isLate(world, state)) return undefined
    if (!isHelpless && (yield* keep.putBack(world, state)) === 'Stale') return 'Stale'
    yield
  }
  return undefined
}

function isLate({ now, deleting }: World, { phaseAt, plan, wanted }: ReleaseState): boolean {
  return wanted.deleting || deleting || now >= phaseAt + plan.progressDeadlineMs
}

function* forgetting(world: World, state: ReleaseState): Steps<ResultEvent> {
  const writer = { rollout: KEY, uid: ROLLOUT.uid, release: state.id, seq: state.seq }
  if (isHalfGone(state)) {
    const { canary } = contextOf(world, state)
    yield* (isReachable(world, canary) ? giveAll : takeAll)(world, state)
  }
  yield* applying(world, ofRoute(state), forget(writer))
  yield* applying(world, ofRule(state), forget(writer))
  yield
  world.finalizer = false
  return { ...stamp(world, state), type: 'Forgotten' }
}

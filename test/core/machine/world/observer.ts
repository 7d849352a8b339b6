import { initialEvidence } from '../../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../../src/core/analysis/measures.ts'
import type { ResultEvent } from '../../../../src/core/machine/event.ts'
import { desiredWeight } from '../../../../src/core/machine/state.ts'
import type { ReleaseState } from '../../../../src/core/machine/state.ts'
import { alarmOf } from '../../../../src/core/policy/guard.ts'
import type { Alarm } from '../../../../src/core/policy/guard.ts'
import { inspectRoute, lacksSubset } from '../../../../src/core/traffic/drift.ts'
import { addSubset, lowerWeight, reclaimRoute } from '../../../../src/core/traffic/edits.ts'
import type { TrafficContext } from '../../../../src/core/traffic/context.ts'
import { applying, contextOf, ofRoute, ofRule, stamp } from './steps.ts'
import type { Steps } from './steps.ts'
import type { World } from './world.ts'

/** What observing does: guards, looks, and lowers by itself, as src/activities/observe. */
export function* observe(world: World, state: ReleaseState): Steps<ResultEvent> {
  for (;;) {
    const alarm = guard(world, state)
    const told = alarm?.kind === 'SubsetMissing' ? yield* putBackSubsets(world, state) : alarm
    if (told) return yield* answer(world, state, told)
    const judged = state.stableLost ? undefined : yield* judge(world, state)
    if (judged) return judged
    yield
  }
}

/** A raise that was refused, as src/activities/traffic: drift where a stranger took the mark along. */
export function* takeHoldAgain(world: World, state: ReleaseState): Steps<ResultEvent | undefined> {
  const alarm = guard(world, state)
  return alarm?.kind === 'Drifted' ? yield* answer(world, state, alarm) : undefined
}

function* judge(world: World, state: ReleaseState): Steps<ResultEvent | undefined> {
  if (world.verdict === 'Fail') {
    yield* applying(world, ofRoute(state), lowerWeight(contextOf(world, state), true))
    return { ...stamp(world, state), type: 'Failed', reason: 'MetricFailed', message: 'error-rate' }
  }
  const counted = { ...stamp(world, state), evidence: evidenceOf(state), countedTo: world.now }
  if (world.verdict === 'Renew') return { type: 'Renewed', ...counted }
  const isOver = world.verdict === 'Pass' && isHeld(world, state) && !world.spec.paused
  return isOver ? { type: 'Passed', ...counted } : undefined
}

function guard(world: World, state: ReleaseState): Alarm | undefined {
  if (!world.rollout) return { kind: 'Overtaken' }
  const traffic = contextOf(world, state)
  const wrote = { weight: desiredWeight(state), weightSeq: state.weightSeq ?? state.seq }
  const ready = world.knowledge.look(traffic.canary.version)
  const stableReady = world.ready(traffic.stable.version)
  return alarmOf(
    {
      route: inspectRoute(world.virtualService, traffic, wrote),
      subsetMissing: lacks(world, traffic),
      pods: { total: 4, ready, crashing: 0 },
      stable: { total: 4, ready: stableReady, crashing: 0 },
      templateHash: world.templates[state.version] ?? '',
      statusSeq: world.status.release?.seq ?? 0,
    },
    state,
  )
}

function lacks(world: World, { canary, stable }: TrafficContext): boolean {
  const lacksCanary = !world.knowledge.lookAtSubset(canary.subset)
  return lacksSubset(world.destinationRule, stable.subset) || lacksCanary
}

function* putBackSubsets(world: World, state: ReleaseState): Steps<Told | undefined> {
  const edit = addSubset(contextOf(world, state), state.plan.versionLabel)
  const applied = yield* applying(world, ofRule(state), edit)
  return applied === 'Stale' || applied === 'Halted' ? { kind: 'Overtaken' } : undefined
}

type Told = Exclude<Alarm, { kind: 'SubsetMissing' }>

function* answer(world: World, state: ReleaseState, alarm: Told): Steps<ResultEvent> {
  const traffic = contextOf(world, state)
  const evidence = evidenceOf(state)
  switch (alarm.kind) {
    case 'Overtaken':
      world.releaseChecks.isReallyOvertaken(state)
      return { ...stamp(world, state), type: 'Overtaken', message: 'overtaken' }
    case 'TrafficGone':
      return { ...stamp(world, state), type: 'Failed', reason: 'TrafficObjectGone', message: 'gone' }
    case 'Drifted':
      yield* applying(world, ofRoute(state), reclaimRoute(traffic))
      return { ...stamp(world, state), type: 'Drifted', evidence, message: alarm.message }
    case 'StableLost':
      return { ...stamp(world, state), type: 'StableLost', evidence, message: alarm.message }
    case 'StableBack':
      return { ...stamp(world, state), type: 'StableBack' }
    case 'TemplateChanged':
      if (!state.stableLost) yield* applying(world, ofRoute(state), lowerWeight(traffic, true))
      return { ...stamp(world, state), type: 'TemplateChanged', templateHash: alarm.templateHash }
    case 'CanaryCrashed':
      yield* applying(world, ofRoute(state), lowerWeight(traffic, true))
      return { ...stamp(world, state), type: 'Failed', reason: 'CanaryCrashed', message: alarm.message }
    case 'CanaryLost':
      yield* applying(world, ofRoute(state), lowerWeight(traffic, false))
      return { ...stamp(world, state), type: 'CanaryLost', evidence, message: alarm.message }
  }
}

function isHeld({ now }: World, { stepStartedAt = 0, plan, step }: ReleaseState): boolean {
  return now >= stepStartedAt + (plan.steps[step]?.holdMs ?? 0)
}

function evidenceOf({ evidence, plan }: ReleaseState) {
  return evidence ?? initialEvidence(measuresOf(plan.metrics), plan.steps.length)
}

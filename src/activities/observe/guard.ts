import { Context } from '@temporalio/activity'
import type { ReleaseState } from '../../core/machine/state.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import { alarmOf } from '../../core/policy/guard.ts'
import type { Alarm } from '../../core/policy/guard.ts'
import type { Told } from './answers.ts'
import { podFacts } from '../../core/policy/pods.ts'
import { inspectRoute, lacksSubset, worstOf } from '../../core/traffic/drift.ts'
import type { RouteFinding } from '../../core/traffic/drift.ts'
import { addSubset } from '../../core/traffic/edits.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import { RefusedError } from '../../ports.ts'
import type { Freshness, Ports } from '../../ports.ts'
import { apply } from '../apply.ts'
import type { Applied } from '../apply.ts'
import { releaseOf, sidesOf } from '../../core/traffic/context.ts'
import { podsOf, ruleRef, targetsOf, workloadsOf } from '../context.ts'
import type { Target } from '../context.ts'
import { templateHashOf } from '../../core/policy/templates.ts'

/**
 * Is something wrong that no metric needs to tell? Looks at caches; what they say against somebody is confirmed by the
 * API server first.
 */
export async function guard(ports: Ports, state: ReleaseState): Promise<Told | undefined> {
  const alarm = await view(ports, state, 'Cached')
  if (alarm === undefined) return undefined
  if (alarm.kind !== 'SubsetMissing' && !isSuspicion(alarm)) return alarm
  const confirmed = await view(ports, state, 'Fresh')
  return confirmed?.kind === 'SubsetMissing' ? putBackSubsets(ports, state) : confirmed
}

/**
 * Without its subset every request for a version fails: it is put back at once, which is faster than moving weights. A
 * DestinationRule that is gone is waited for.
 */
async function putBackSubsets(ports: Ports, state: ReleaseState): Promise<Told | undefined> {
  const edit = addSubset(releaseOf(state), state.plan.versionLabel)
  let applied: Applied
  try {
    applied = await apply(ports.mesh, ruleRef(state), edit)
  } catch (error) {
    if (error instanceof RefusedError) return withoutSubset(ports, state, error)
    throw error
  }
  if (applied === 'Stale' || applied === 'Halted') return { kind: 'Overtaken' }
  if (applied !== 'Written') return undefined
  const message = `somebody took subsets of the release out of DestinationRule ${state.plan.destinationRule}; they are put back`
  await ports.store.record(state.rollout, { type: 'Warning', reason: 'Drifted', message, seq: state.seq })
  return undefined
}

/** A canary that nobody can reach loses its weight, since preparing it tells why; where stable is the one, looks go on. */
async function withoutSubset(
  ports: Ports,
  state: ReleaseState,
  refusal: RefusedError,
): Promise<Told | undefined> {
  const { canary } = sidesOf(state)
  const rule = (await ports.mesh.read(ruleRef(state), 'Fresh')) as DestinationRule | undefined
  Context.current().log.warn('a subset could not be put back', { error: refusal })
  if (!lacksSubset(rule, canary.subset)) return undefined
  const message = `somebody took the subset of ${canary.version} out of DestinationRule ${state.plan.destinationRule}, and it cannot be put back: ${refusal.message}`
  return { kind: 'CanaryLost', message }
}

function isSuspicion({ kind }: Alarm): boolean {
  return kind === 'Drifted' || kind === 'TrafficGone'
}

async function view(ports: Ports, state: ReleaseState, freshness: Freshness): Promise<Alarm | undefined> {
  const { canary, stable } = sidesOf(state)
  const rollout = ports.store.get(state.rollout)
  if (rollout?.meta.uid !== state.rollout.uid) return { kind: 'Overtaken' }
  const rule = (await ports.mesh.read(ruleRef(state), freshness)) as DestinationRule | undefined
  return alarmOf(
    {
      route: worstOf(await findings(ports, state, freshness)),
      subsetMissing: lacksSubset(rule, canary.subset) || lacksSubset(rule, stable.subset),
      pods: podFacts(podsOf(ports, state, canary.version)),
      stable: podFacts(podsOf(ports, state, stable.version)),
      templateHash: templateHashOf(workloadsOf(ports, state, canary.version)),
      statusSeq: rollout.status.release?.seq ?? 0,
    },
    state,
  )
}

async function findings(
  ports: Ports,
  state: ReleaseState,
  freshness: Freshness,
): Promise<(RouteFinding | undefined)[]> {
  const wrote = { weight: desiredWeight(state), weightSeq: state.weightSeq ?? state.seq }
  const inspect = async ({ ref, traffic }: Target) => {
    const object = (await ports.mesh.read(ref, freshness)) as VirtualService | undefined
    return inspectRoute(object, traffic, wrote)
  }
  return Promise.all(targetsOf(state).map(inspect))
}

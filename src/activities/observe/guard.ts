import type { ReleaseState } from '../../core/machine/state.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import { alarmOf } from '../../core/policy/guard.ts'
import type { Alarm } from '../../core/policy/guard.ts'
import { podFacts } from '../../core/policy/pods.ts'
import { inspectRoute, lacksSubset, worstOf } from '../../core/traffic/drift.ts'
import type { RouteFinding } from '../../core/traffic/drift.ts'
import { reclaimRoute } from '../../core/traffic/edits.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import type { Freshness, Ports } from '../../ports.ts'
import { applyAll } from '../apply-all.ts'
import { podsOf, ruleRef, sidesOf, targetsOf, workloadsOf } from '../context.ts'
import type { Target } from '../context.ts'
import { templateHashOf } from '../../core/policy/templates.ts'

/**
 * Is something wrong that no metric needs to tell? Looks at caches; what they say against somebody is confirmed by the
 * API server first.
 */
export async function guard(ports: Ports, state: ReleaseState): Promise<Alarm | undefined> {
  const alarm = await view(ports, state, 'Cached')
  if (alarm === undefined || !isSuspicion(alarm)) return alarm
  const confirmed = await view(ports, state, 'Fresh')
  if (confirmed?.kind === 'Drifted') await reclaim(ports, state)
  return confirmed
}

function isSuspicion({ kind }: Alarm): boolean {
  return kind === 'Drifted' || kind === 'TrafficGone' || kind === 'CanaryLost'
}

async function view(ports: Ports, state: ReleaseState, freshness: Freshness): Promise<Alarm | undefined> {
  const { canary } = sidesOf(state)
  const rollout = ports.store.get(state.rollout)
  if (rollout?.meta.uid !== state.rollout.uid) return { kind: 'Overtaken' }
  const rule = (await ports.mesh.read(ruleRef(state), freshness)) as DestinationRule | undefined
  return alarmOf(
    {
      route: worstOf(await findings(ports, state, freshness)),
      subsetMissing: lacksSubset(rule, canary.subset),
      pods: podFacts(podsOf(ports, state, canary.version)),
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

/** A stranger who replaced the whole object took our mark with it; without a mark no weight may be raised again. */
async function reclaim(ports: Ports, state: ReleaseState): Promise<void> {
  await applyAll(ports, state, reclaimRoute)
}

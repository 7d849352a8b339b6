import type { ReleaseState } from '../../core/machine/state.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import { alarmOf } from '../../core/policy/guard.ts'
import type { Alarm } from '../../core/policy/guard.ts'
import { podFacts } from '../../core/policy/pods.ts'
import { inspectRoute, lacksSubset } from '../../core/traffic/drift.ts'
import type { RouteFinding } from '../../core/traffic/drift.ts'
import { reclaimRoute } from '../../core/traffic/edits.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import type { Freshness, Ports } from '../../ports.ts'
import { apply } from '../apply.ts'
import { podsOf, routeRef, ruleRef, sidesOf, trafficOf, workloadsOf } from '../context.ts'
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
      route: await routeFinding(ports, state, freshness),
      subsetMissing: lacksSubset(rule, canary.subset),
      pods: podFacts(podsOf(ports, state, canary.version)),
      templateHash: templateHashOf(workloadsOf(ports, state, canary.version)),
      statusSeq: rollout.status.release?.seq ?? 0,
    },
    state,
  )
}

async function routeFinding(
  ports: Ports,
  state: ReleaseState,
  freshness: Freshness,
): Promise<RouteFinding | undefined> {
  const object = (await ports.mesh.read(routeRef(state), freshness)) as VirtualService | undefined
  const wrote = { weight: desiredWeight(state), weightSeq: state.weightSeq ?? state.seq }
  return inspectRoute(object, trafficOf(state), wrote)
}

/** A stranger who replaced the whole object took our mark with it; without a mark no weight may be raised again. */
async function reclaim(ports: Ports, state: ReleaseState): Promise<void> {
  await apply(ports.mesh, routeRef(state), reclaimRoute(trafficOf(state)))
}

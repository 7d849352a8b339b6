import { ALLOW_FROM_ANNOTATION, keyOf } from '../../api/names.ts'
import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import { injectFault } from '../faults/edits.ts'
import { probeRecord } from '../faults/probe-record.ts'
import { isExportedTo, letsKnow, sidecarFor } from '../faults/scope.ts'
import type { KnownHost, ObjectOfHost, SidecarScope } from '../faults/scope.ts'
import { faultTarget, unclearText } from '../faults/target.ts'
import type { FaultTarget } from '../faults/target.ts'
import type { Finding } from '../machine/state.ts'
import type { VirtualService } from '../traffic/types.ts'
import { canaryLabels } from './fault-sidecars.ts'
import type { DueDependency } from './fault-scene.ts'
import type { Scene } from './scene.ts'

/** A probe, and where its fault has to be written. */
interface Aimed {
  readonly scene: Scene
  readonly due: DueDependency
  readonly target: FaultTarget
  /** By what the mesh knows the dependency; undefined: nobody could look. */
  readonly known: readonly KnownHost[] | undefined
}

type Check = (aimed: Aimed) => Finding | undefined

/** Can the fault be written, and does it arrive? The first that is wrong speaks. */
const CHECKS: readonly Check[] = [
  isUnclear,
  isUnreadable,
  isOnlyWild,
  hasNoHttp,
  delegates,
  cannotCarry,
  isNotExported,
  isHiddenBySidecar,
]

/** Findings about the way of a fault: from the object in which it is written to the canary's calls. */
export function reachChecks(scene: Scene, due: DueDependency): Finding[] {
  const { faults, rollout } = scene
  const { dependency } = due.fault
  const target = faultTarget(dependency, rollout.namespace, faults?.virtualServices ?? [])
  const aimed = { scene, due, target, known: faults?.hosts[dependency] }
  for (const check of CHECKS) {
    const found = check(aimed)
    if (found !== undefined) return [found]
  }
  return []
}

function isUnclear({ due, target }: Aimed): Finding | undefined {
  if (target.kind === 'Existing' || target.kind === 'Make') return undefined
  return unsupported(due, unclearText(due.fault.dependency, target))
}

function isUnreadable({ due, known = [] }: Aimed): Finding | undefined {
  const [first] = known
  if (first === undefined || known.some(({ readable }) => readable)) return undefined
  const what = `no port of ${first.kind} ${keyOf(first)} is HTTP or gRPC, so proxies read no requests in which a fault could be injected; name its ports as Istio asks for it, or let the proxies originate TLS`
  return unsupported(due, what)
}

/** A route to a host of a wildcard leads to no cluster of a proxy. */
function isOnlyWild({ due, known = [], target }: Aimed): Finding | undefined {
  const [first] = known
  if (target.kind !== 'Make' || first === undefined) return undefined
  if (known.some(({ host }) => host === due.fault.dependency)) return undefined
  const what = `ServiceEntry ${keyOf(first)} knows ${due.fault.dependency} by ${first.host} only, and no route can lead there; name the host in a ServiceEntry`
  return unsupported(due, what)
}

function hasNoHttp({ due, target }: Aimed): Finding | undefined {
  if (target.kind !== 'Existing' || (target.object.spec.http ?? []).length > 0) return undefined
  const what = `VirtualService ${keyOf(target.object.metadata)} has no http routes, and a fault needs one; add an http route to ${due.fault.dependency}`
  return unsupported(due, what)
}

function delegates({ due, target }: Aimed): Finding | undefined {
  const route =
    target.kind === 'Existing'
      ? target.object.spec.http?.find((one) => one['delegate'] !== undefined)
      : undefined
  if (target.kind !== 'Existing' || route === undefined) return undefined
  const what = `VirtualService ${keyOf(target.object.metadata)} delegates http route ${route.name ?? 'without a name'} to another one, where Sluice cannot inject a fault; write its routes out`
  return unsupported(due, what)
}

function cannotCarry({ scene, due, target }: Aimed): Finding | undefined {
  if (target.kind !== 'Existing') return undefined
  const { object } = target
  const { namespace } = scene.rollout
  const meets = { kind: 'Callers', namespace, labels: canaryLabels(scene) } as const
  const host = due.fault.dependency
  const record = probeRecord(due.fault, { owner: keyOf(scene.rollout), reason: '', host, meets, at: 0 })
  const edited = injectFault(record, namespace)(object)
  if (!('refused' in edited)) return undefined
  if (edited.refused === 'NotAllowed') return notAllowed(due, object, namespace)
  if (edited.refused !== 'NoRoute') return undefined
  const what = `no http route of VirtualService ${keyOf(object.metadata)} can carry a fault for calls from ${namespace}: they redirect, answer by themselves, or are for other callers; add a route to ${due.fault.dependency}`
  return unsupported(due, what)
}

function notAllowed(
  { field, name }: DueDependency,
  { metadata }: VirtualService,
  namespace: string,
): Finding {
  const message = `${field}.dependency: ${name} needs VirtualService ${keyOf(metadata)}, which is in another namespace and does not allow Rollouts of ${namespace} to change it; its owner allows it with the annotation ${ALLOW_FROM_ANNOTATION}: ${namespace}`
  return finding('DependencyNotAllowed', message)
}

function isNotExported({ scene, due, known = [] }: Aimed): Finding | undefined {
  const { namespace } = scene.rollout
  const [first] = known
  if (first === undefined || known.some((one) => isExportedTo(one, namespace))) return undefined
  const where = first.kind === 'Service' ? 'annotation networking.istio.io/exportTo' : 'spec.exportTo'
  const what = `${first.kind} ${keyOf(first)} is exported to ${first.exportTo.join(', ')} only; add ${namespace} to its ${where}`
  return hidden(due, what)
}

/** Of the object in which the fault is written, the pods must know as much as of the host itself. */
function isHiddenBySidecar({ scene, due, target, known = [] }: Aimed): Finding | undefined {
  const { namespace } = scene.rollout
  const sidecar = sidecarFor({ namespace, labels: canaryLabels(scene) }, scene.faults?.sidecars ?? [])
  if (sidecar === undefined) return undefined
  const host = due.fault.dependency
  const lost = [
    ...lostOf(
      sidecar,
      namespace,
      known.map((one) => ({ namespace: one.namespace, host })),
    ),
    ...lostOf(sidecar, namespace, [steeringOf(target, { namespace, host })]),
  ][0]
  if (lost === undefined) return undefined
  const what = `Sidecar ${keyOf(sidecar)} does not let them know ${lost.namespace}/${lost.host}, which is where the host and its VirtualService are looked for; add it to its spec.egress[].hosts`
  return hidden(due, what)
}

/** The first of these objects, if pods of the namespace know none of them. */
function lostOf(sidecar: SidecarScope, pods: string, objects: readonly ObjectOfHost[]): ObjectOfHost[] {
  return objects.some((object) => letsKnow(sidecar, pods, object)) ? [] : objects.slice(0, 1)
}

function steeringOf(target: FaultTarget, made: ObjectOfHost): ObjectOfHost {
  return target.kind === 'Existing' ? { ...made, namespace: target.object.metadata.namespace } : made
}

function hidden({ field, name, fault }: DueDependency, what: string): Finding {
  const message = `${field}.dependency: ${name} needs ${fault.dependency}, which is hidden from the canary's pods: ${what}`
  return finding('DependencyHidden', message)
}

function unsupported({ field, name }: DueDependency, what: string): Finding {
  return finding('DependencyUnsupported', `${field}.dependency: ${name} cannot be made: ${what}`)
}

function finding(reason: FindingReason, message: string): Finding {
  return { reason, message }
}

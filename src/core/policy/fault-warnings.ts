import { keyOf } from '../../api/names.ts'
import { appliesToMesh } from '../faults/copies.ts'
import { faultsOnRoutes, foreignNote } from '../faults/on-route.ts'
import { faultsIn } from '../faults/found.ts'
import type { FoundFault } from '../faults/found.ts'
import { faultTarget } from '../faults/target.ts'
import type { Plan } from '../plan.ts'
import type { VirtualService } from '../traffic/types.ts'
import { optionalNotes } from './fault-checks.ts'
import { dueDependencies } from './fault-scene.ts'
import type { DueDependency } from './fault-scene.ts'
import { fieldOf } from './planned.ts'
import type { Scene } from './scene.ts'

/** Fields of a route that Istio leaves aside where a fault is injected. */
const LEFT_ASIDE = ['timeout', 'retries'] as const

/**
 * What is in order with fault probes and yet worth knowing, and faults that others set, each with the field of the spec
 * that it is about.
 * @param isWhole all VirtualServices are known: where none routes a host, there is none
 */
export function faultWarnings(scene: Scene, isWhole: boolean): string[] {
  return [
    ...standingInRoutes(scene),
    ...neverTried(scene.plan),
    ...optionalNotes(scene),
    ...dueDependencies(scene.plan).flatMap((due) => aboutTarget(scene, due, isWhole)),
  ]
}

function standingInRoutes({ plan, rollout, virtualServices }: Scene): string[] {
  const service = { namespace: rollout.namespace, name: plan.service }
  return virtualServices.flatMap((object, place) =>
    object === undefined
      ? []
      : faultsOnRoutes(object, service).map((fault) => `${fieldOf(place)}: ${foreignNote(fault)}`),
  )
}

function neverTried({ faults = [], steps }: Plan): string[] {
  const named = new Set(steps.flatMap((step) => step.faults ?? []))
  return faults.flatMap(({ name }, index) =>
    named.has(name) ? [] : [`spec.faults[${index}].name: no step names ${name}, so it is never tried`],
  )
}

function aboutTarget({ faults, rollout }: Scene, due: DueDependency, isWhole: boolean): string[] {
  if (faults === undefined) return []
  const { namespace } = rollout
  const target = faultTarget(due.fault.dependency, namespace, faults.virtualServices)
  if (target.kind === 'Existing') return [...leftAside(due, target.object), ...standing(due, target.object)]
  return target.kind === 'Make' && isWhole ? [willBeMade(due, namespace)] : []
}

/** The answer may surprise: it is the canary alone that has to bear the fault. */
function leftAside({ field, name }: DueDependency, object: VirtualService): string[] {
  const fields = LEFT_ASIDE.filter((one) => object.spec.http?.some((route) => route[one] !== undefined))
  if (fields.length === 0 || !appliesToMesh(object)) return []
  return [
    `${field}: VirtualService ${keyOf(object.metadata)} has ${fields.join(' and ')}, which Istio does not apply where a fault is injected: ${name} tests the canary's own timeouts and retries`,
  ]
}

function standing({ field, name }: DueDependency, object: VirtualService): string[] {
  return faultsIn(object).map((fault) => `${field}: ${sentenceOf(fault)}; ${followOf(fault, name)}`)
}

function sentenceOf({ namespace, virtualService, does, record, setBy = 'somebody' }: FoundFault): string {
  const whose = record === undefined ? `that ${setBy} set` : `of ${record.owner}`
  return `VirtualService ${namespace}/${virtualService} has a fault already, ${whose}: ${does}`
}

function followOf({ record }: FoundFault, name: string): string {
  if (record !== undefined) return `${name} waits until it is over`
  return `it is kept, and calls of the canary meet that of ${name} instead while it lasts`
}

function willBeMade({ field, name, fault }: DueDependency, namespace: string): string {
  return `${field}.dependency: no VirtualService routes ${fault.dependency} for ${namespace}: ${name} makes one there, and removes it afterwards`
}

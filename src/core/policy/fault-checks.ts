import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import { durationText } from '../../api/quantities.ts'
import { notPermitted } from '../faults/whose.ts'
import type { Finding } from '../machine/state.ts'
import { fullHost, serviceOfHost } from '../traffic/hosts.ts'
import { expectChecks } from './fault-expects.ts'
import { dueFaults, isOfDependency } from './fault-scene.ts'
import type { DueDependency, DueFault } from './fault-scene.ts'
import { reachChecks } from './fault-reach.ts'
import { sidecarChecks } from './fault-sidecars.ts'
import type { Scene } from './scene.ts'

/** What is wrong with fault probes. */
export interface FaultFindings {
  /** With probes that a release depends on. */
  readonly required: readonly Finding[]
  /** With probes that are only reported. */
  readonly optional: readonly Finding[]
}

type Check<D = DueFault> = (scene: Scene, due: D) => Finding[]

/** Can the probes be made? The first kind that is wrong with the dependency speaks; what else is wrong does as well. */
const DEPENDENCY_CHECKS: readonly Check<DueDependency>[] = [isTheService, isNotFound, reachChecks]
const OTHER_CHECKS: readonly Check[] = [isTooLong, isNotPermitted, expectChecks]

/**
 * Findings about the fault probes that steps name. None where nobody gathered what they need.
 */
export function faultChecks(scene: Scene): FaultFindings {
  const all = dueFaults(scene.plan)
  if (scene.faults === undefined || all.length === 0) return { required: [], optional: [] }
  const found = all.map((due) => ({ due, findings: findingsOf(scene, due) }))
  const of = (required: boolean) =>
    found.flatMap(({ due, findings }) => (due.fault.required === required ? findings : []))
  const ofPods = all.filter(isOfDependency)
  const pods = ofPods.length === 0 ? [] : sidecarChecks(scene)
  const areRequired = ofPods.some(({ fault }) => fault.required)
  return {
    required: [...of(true), ...(areRequired ? pods : [])],
    optional: [...of(false), ...(areRequired ? [] : pods)],
  }
}

function findingsOf(scene: Scene, due: DueFault): Finding[] {
  const dependency = isOfDependency(due) ? DEPENDENCY_CHECKS.map((check) => check(scene, due)) : []
  const first = dependency.find(({ length }) => length > 0)
  return [...(first ?? []), ...OTHER_CHECKS.flatMap((check) => check(scene, due))]
}

function isTheService({ plan, rollout }: Scene, { fault, field, name }: DueDependency): Finding[] {
  const host = fullHost({ namespace: rollout.namespace, name: plan.service })
  if (fault.dependency !== host) return []
  const message = `${field}.dependency: ${name} names ${host}, the service that is released; name a host that its pods call`
  return [about('DependencyIsService', message)]
}

function isNotFound({ faults }: Scene, { fault: { dependency }, field, name }: DueDependency): Finding[] {
  const known = faults?.hosts[dependency]
  if (known === undefined || known.length > 0) return []
  const what = serviceOfHost(dependency)
  const remedy =
    what === undefined
      ? `create a ServiceEntry with it, or write name.namespace.svc.cluster.local for a Service`
      : `create the Service, or correct the name`
  const message = `${field}.dependency: ${name} names ${dependency}, which the mesh does not know: there is no Service and no ServiceEntry of this host; ${remedy}`
  return [about('DependencyNotFound', message)]
}

function isTooLong({ faults }: Scene, { fault: { durationMs }, field, name }: DueFault): Finding[] {
  const limitMs = faults?.maxDurationMs ?? Infinity
  if (durationMs <= limitMs) return []
  const message = `${field}.duration: ${name} lasts ${durationText(durationMs)}, and the administrator allows ${durationText(limitMs)} (SLUICE_FAULT_MAX_DURATION); shorten it`
  return [about('ProbeTooLong', message)]
}

/** Nobody knows the limit where no controller is asked. */
function isNotPermitted({ faults }: Scene, { fault, field, name }: DueFault): Finding[] {
  const why = notPermitted(fault, faults?.maxPercent ?? Infinity)
  if (why === undefined) return []
  const message = `${field}.traffic: ${name} is not permitted: ${why}; have the limit raised, lower percent, or use dependency or canary, which users do not meet`
  return [about('ProbeNotPermitted', message)]
}

/** A finding of these checks. */
function about(reason: FindingReason, message: string): Finding {
  return { reason, message }
}

/** What a note says of a probe that the release does without. */
export function optionalNotes(scene: Scene): string[] {
  return faultChecks(scene).optional.map(
    ({ reason, message }) => `${message} (${reason}; the probe is not required, so the release goes on)`,
  )
}

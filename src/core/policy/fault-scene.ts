import type { KnownHost, SidecarScope } from '../faults/scope.ts'
import type { DependencyFault, PlannedFault } from '../faults/planned.ts'
import type { Plan } from '../plan.ts'
import type { VirtualService } from '../traffic/types.ts'

/** All that is known of what fault probes need, besides the scene of the release. */
export interface FaultScene {
  /** All of the mesh. */
  readonly virtualServices: readonly VirtualService[]
  /** By what the mesh knows each dependency; one that is absent here is not known to be there, nor to be missing. */
  readonly hosts: Readonly<Record<string, readonly KnownHost[]>>
  /** Of the Rollout's namespace and the root namespace. */
  readonly sidecars: readonly SidecarScope[]
  /** Pods of the version wanted that are not on their way out. */
  readonly pods: readonly ProbedPod[]
  /** Longest time that the administrator allows a fault (milliseconds); absent: nobody knows. */
  readonly maxDurationMs?: number
  /** Percent of the requests of users that the administrator lets meet a fault; absent: nobody knows. */
  readonly maxPercent?: number
}

/** A pod whose calls are to meet faults. */
export interface ProbedPod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly hasSidecar: boolean
}

/** A probe that a step names. */
export interface DueFault {
  readonly fault: PlannedFault
  /** `spec.faults[0]`. */
  readonly field: string
  /** For people: `probe ratings-slow (step 1, 5 %)`. */
  readonly name: string
}

/** One that lets calls to a dependency meet a fault. */
export interface DueDependency extends DueFault {
  readonly fault: DependencyFault
}

/** Those of the probes that steps name. */
export function dueDependencies(plan: Pick<Plan, 'faults' | 'steps'>): DueDependency[] {
  return dueFaults(plan).filter(isOfDependency)
}

/** Does it let calls to a dependency meet a fault? */
export function isOfDependency(due: DueFault): due is DueDependency {
  return due.fault.dependency !== undefined
}

/** The probes that steps name, each with the first step at which it is due. */
export function dueFaults({ faults = [], steps }: Pick<Plan, 'faults' | 'steps'>): DueFault[] {
  return faults.flatMap((fault, index) => {
    const at = steps.findIndex((step) => step.faults?.includes(fault.name))
    const step = steps[at]
    if (step === undefined) return []
    const name = `probe ${fault.name} (step ${at + 1}, ${step.weight} %)`
    return [{ fault, field: `spec.faults[${index}]`, name }]
  })
}

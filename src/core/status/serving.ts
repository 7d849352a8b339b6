import type { Phase, ReleaseState } from '../machine/state.ts'

/** A workload as RBAC and kubectl name it. */
interface Named {
  /** Plural and group: `deployments.apps`. */
  readonly resource: string
  readonly name: string
}

/** As many as the status takes. */
const MOST = 20

/** Phases in which stable alone has traffic. */
const STABLE_ALONE: ReadonlySet<Phase> = new Set(['Preparing', 'Cleaning'])
/** Phases in which both versions have traffic, or are held ready for it. */
const BOTH: ReadonlySet<Phase> = new Set([
  'Raising',
  'Probing',
  'Observing',
  'Promoting',
  'Retaining',
  'Lowering',
])

/**
 * Versions whose pods have traffic in a state, or are held ready for the way back: nobody should take them away.
 * Undefined where the state does not tell.
 */
export function versionsInUse(state: ReleaseState): readonly string[] | undefined {
  const { phase, stable, canary, ending } = state
  if (stable === undefined || canary === undefined) return undefined
  if (phase === 'Forgetting') return []
  if (BOTH.has(phase)) return [stable.version, canary.version]
  const wasTakenBack = ending !== undefined
  return [STABLE_ALONE.has(phase) || wasTakenBack ? stable.version : canary.version]
}

/** Workloads as `status.serving` lists them. */
export function servingNames(workloads: readonly Named[]): string[] {
  const names = workloads.map(({ resource, name }) => `${resource}/${name}`)
  return [...new Set(names)].toSorted().slice(0, MOST)
}

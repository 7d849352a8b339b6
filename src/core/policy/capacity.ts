import type { Plan } from '../plan.ts'

/**
 * Ready canary pods that a weight needs: ceil(w % × N), and never none.
 * @param weight percent of requests
 * @param stablePods N, ready pods of stable at the start of the release
 */
export function podsNeeded(weight: number, stablePods: number): number {
  return Math.max(1, Math.ceil((weight * stablePods) / 100))
}

/** What a version has, against what the weight that comes next needs. */
export interface PodCount {
  readonly version: string
  readonly needed: number
  readonly ready: number
  /** Replicas that its workloads ask for; undefined when none of them can be scaled. */
  readonly replicas: number | undefined
  /** The autoscaler that allows fewer than are needed. */
  readonly ceiling?: { readonly name: string; readonly maxReplicas: number }
}

/** What is waited for, in words; undefined when enough pods are ready. */
export function podsAwaited(count: PodCount, capacity: Plan['capacity']): string | undefined {
  if (count.ready >= count.needed) return undefined
  const pods = `${count.ready} of ${count.needed} ready pods of ${count.version}`
  return pods + remedyOf(count, capacity)
}

/** Who must do something, as the end of a sentence; empty when the pods are on their way. */
export function remedyOf(count: PodCount, capacity: Plan['capacity']): string {
  const { replicas, ceiling } = count
  if (!isShort(count)) return ''
  if (capacity === 'Manual') return '; scale it up, spec.capacity is Manual'
  if (replicas === undefined) return '; none of its workloads can be scaled'
  if (ceiling === undefined) return ''
  return `; HorizontalPodAutoscaler ${ceiling.name} allows ${ceiling.maxReplicas} at most`
}

/** Nobody asks for as many pods as are needed, so that waiting alone will not bring them. */
export function isShort({ replicas, needed }: PodCount): boolean {
  return (replicas ?? 0) < needed
}

/** A workload, as far as its size goes. */
interface Sized {
  readonly name: string
  /** Undefined for a kind that has none. */
  readonly replicas?: number | undefined
}

/** Replicas that workloads ask for together; undefined when none of them can be scaled. */
export function replicasOf(workloads: readonly Sized[]): number | undefined {
  const counts = workloads.flatMap(({ replicas }) => replicas ?? [])
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0)
}

/**
 * The workload that is to grow so that all together have `needed` replicas, and to how many: the first by name of those
 * that can be scaled. Its own share counts even where the others suffice for now, since an autoscaler may shrink it.
 */
export function growing<T extends Sized>(
  workloads: readonly T[],
  needed: number,
): { readonly workload: T & { readonly replicas: number }; readonly to: number } | undefined {
  const [workload, ...others] = workloads
    .filter((one): one is T & { readonly replicas: number } => one.replicas !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (workload === undefined) return undefined
  return { workload, to: needed - (replicasOf(others) ?? 0) }
}

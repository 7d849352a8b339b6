import { contentHash } from '../hash.ts'

/** A workload, as far as its pods' template goes. */
interface Workload {
  readonly kind: string
  readonly name: string
  readonly templateHash: string
}

/** Hash of the pod templates of all workloads of a version; empty when there is none. */
export function templateHashOf(workloads: readonly Workload[]): string {
  if (workloads.length === 0) return ''
  const parts = workloads.map(({ kind, name, templateHash }) => `${kind}/${name}:${templateHash}`)
  return contentHash(parts.toSorted())
}

import type { KubernetesObject, V1ManagedFieldsEntry } from '@kubernetes/client-node'

/**
 * Field manager of the write that made `after` of `before`: the one that gained fields, or whose time went on. Undefined
 * when neither tells: then it is the writer of the version before, in the same second.
 */
export function writerOf(before: KubernetesObject | undefined, after: KubernetesObject): string | undefined {
  const old = new Map(entriesOf(before).map((entry) => [identityOf(entry), entry]))
  const entries = entriesOf(after).map((entry) => ({ entry, was: old.get(identityOf(entry)) }))
  const gained = entries.find(({ entry, was }) => hasGained(entry.fieldsV1, was?.fieldsV1))
  const later = entries.find(({ entry, was }) => String(entry.time) !== String(was?.time))
  return (gained ?? later)?.entry.manager
}

function entriesOf(object: KubernetesObject | undefined): readonly V1ManagedFieldsEntry[] {
  return object?.metadata?.managedFields ?? []
}

function identityOf({ manager, operation, subresource = '' }: V1ManagedFieldsEntry): string {
  return `${manager} ${operation} ${subresource}`
}

function hasGained(now: unknown, was: unknown): boolean {
  if (typeof now !== 'object' || now === null) return false
  const old = (typeof was === 'object' && was !== null ? was : {}) as Record<string, unknown>
  return Object.entries(now).some(([key, value]) => !(key in old) || hasGained(value, old[key]))
}

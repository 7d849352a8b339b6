import { CONTESTED } from '../policy/contest.ts'
import type { Contest } from '../policy/contest.ts'
import { remedyFor } from './remedies.ts'
import type { MeshObject } from './types.ts'

/** What keeps a field manager off an object, once it came back often enough to be told. */
export function contestedRemedy(
  { manager, count }: Contest,
  { kind, metadata }: MeshObject,
): string | undefined {
  if (count < CONTESTED) return undefined
  return remedyFor(manager, { kind, namespace: metadata.namespace, name: metadata.name })
}

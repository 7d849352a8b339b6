import type { MeshObject } from './types.ts'

/** A field manager, as the managed fields of an object tell. */
export interface FieldManager {
  readonly manager: string
  /** When it last changed a field of its own; RFC 3339. */
  readonly time?: string
}

interface ManagedField {
  readonly manager?: string
  readonly time?: string
  readonly fieldsV1?: unknown
}

/** Who owns a field, by its path (`['spec', 'http']`), latest first; of a list that is one value, whoever wrote it last. */
export function fieldManagers({ metadata }: MeshObject, path: readonly string[]): FieldManager[] {
  const fields = (metadata['managedFields'] ?? []) as readonly ManagedField[]
  return fields
    .filter(({ fieldsV1 }) => owns(fieldsV1, path))
    .map(({ manager = 'somebody', time }) => ({ manager, ...(time !== undefined && { time }) }))
    .toSorted((a, b) => secondsOf(b) - secondsOf(a))
}

/** Whoever has no time comes last. */
function secondsOf({ time }: FieldManager): number {
  return time === undefined ? 0 : Date.parse(time) / 1000
}

function owns(fields: unknown, path: readonly string[]): boolean {
  return (
    path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[`f:${name}`], fields) !==
    undefined
  )
}

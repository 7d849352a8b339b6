import type { Entry, Path, Place } from './document.ts'

/** Something to say about a line of a file. */
export interface Remark extends Place {
  readonly severity: 'problem' | 'warning'
  /** The object that it is about; absent where none could be read. */
  readonly object?: string
  /** Begins with the field, where it is about one. */
  readonly message: string
}

/** Fields as messages name them, such as `spec.steps[1].weight`. */
const FIELD = /^((?:apiVersion|kind|metadata|spec|status)(?:[.][^\s:.[\]]+|\[\d+\])*)(?=: )/
/** Of a field that is too many, the message names the object around it. */
const TOO_MANY = /\bhas no field "([^"]+)"/

/**
 * A remark on an object, at the line of the field that its text begins with.
 * @param fallback field to point at when the text names none
 */
export function remarkOn(
  entry: Entry,
  message: string,
  object: string,
  { severity = 'problem', fallback = '' }: { severity?: Remark['severity']; fallback?: string } = {},
): Remark {
  const field = FIELD.exec(message)?.[1] ?? fallback
  const added = TOO_MANY.exec(message)?.[1]
  const path = added === undefined ? pathOf(field) : [...pathOf(field), added]
  return { ...entry.placeOf(path), severity, object, message }
}

function pathOf(field: string): Path {
  return [...field.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part))
}

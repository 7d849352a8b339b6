import type { z } from 'zod'
import { problemLines } from './problems.ts'
import { rolloutSpec } from './spec.ts'
import type { RolloutSpec } from './spec.ts'
import type { RolloutStatus } from './status.ts'
import { wording } from './wording.ts'

/** Metadata that Sluice reads; the API server owns the rest. */
export interface RolloutMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly generation: number
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string | undefined
  readonly finalizers: readonly string[]
}

/** A Rollout as it was read; its spec may be invalid where an older CRD let it pass. */
export interface RawRollout {
  readonly meta: RolloutMeta
  readonly spec: unknown
  readonly status: RolloutStatus
}

export type ParsedSpec = { readonly spec: RolloutSpec } | { readonly problems: readonly string[] }

/** Parses and defaults a spec. Problems name the field, one line each, in the order of the fields. */
export function parseSpec(raw: unknown): ParsedSpec {
  const result = rolloutSpec.safeParse(raw, { error: wording })
  if (result.success) return { spec: result.data }
  return { problems: problemLines(result.error.issues, 'spec') }
}

/** In place of what cannot be read: no workload is touched, and nothing is judged any more. */
const HARMLESS = {
  retire: { policy: 'Keep' },
  capacity: 'Manual',
  analysis: { metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '99%' }] },
}

/**
 * Reads what of a spec can be read, which is enough to undo a release when its Rollout goes: one that began under another
 * version of Sluice may be invalid to this one. Problems are those of the whole spec.
 */
export function parseReadable(raw: unknown): ParsedSpec {
  const parsed = rolloutSpec.safeParse(raw)
  if (parsed.success || typeof raw !== 'object' || raw === null) return parseSpec(raw)
  const unreadable = new Set(parsed.error.issues.flatMap(topFields))
  const kept = Object.entries(raw).filter(([name]) => !unreadable.has(name))
  const instead = Object.entries(HARMLESS).filter(([name]) => unreadable.has(name))
  const readable = rolloutSpec.safeParse(Object.fromEntries([...kept, ...instead]))
  return readable.success ? { spec: readable.data } : parseSpec(raw)
}

function topFields(issue: z.core.$ZodIssue): unknown[] {
  const [field] = issue.path
  return field === undefined && issue.code === 'unrecognized_keys' ? issue.keys : [field]
}

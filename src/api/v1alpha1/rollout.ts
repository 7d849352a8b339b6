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

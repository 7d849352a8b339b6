import type { MeshObject } from '../traffic/types.ts'

/** What a sweep came upon. */
export type Swept =
  /** A fault of ours past its expiry, or what is left of one. */
  | 'OwnFault'
  | 'ForeignFault'
  /** A subset that a release of ours left. */
  | 'OwnSubset'
  | 'ForeignSubset'

/** One thing that a sweep came upon. */
export interface SweepFinding {
  readonly what: Swept
  readonly object: MeshObject
  /** For people. */
  readonly message: string
}

/** A sweep that is over. */
export interface SweepSummary {
  readonly virtualServices: number
  readonly destinationRules: number
  /** What stood there that should not, by what it is. */
  readonly found: Readonly<Record<Swept, number>>
  readonly removed: number
  /** What should be gone and could not be removed. */
  readonly failed: number
  /** How long it took (milliseconds). */
  readonly tookMs: number
}

/** Counts and logs what sweeps do; never throws. */
export interface SweepReporter {
  /** Something that is not ours stands there, and people were told. */
  found(finding: SweepFinding): void
  removed(finding: SweepFinding): void
  /** It should be gone, and the API server did not take the write. */
  stayed(finding: SweepFinding, error: unknown): void
  swept(summary: SweepSummary): void
}

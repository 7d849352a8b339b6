/** Who made an answer: the demo app, something else on the way (a proxy), or nobody (the client's own error). */
export type Origin = 'app' | 'mesh' | 'client'

/** Requests that came to the same end. `code` is the client's error code, such as ECONNRESET or TIMEOUT. */
export interface Outcome {
  origin: Origin
  version: string | null
  status: number | null
  code: string | null
}

/** One answer or error as it was seen. `atMs` counts from the start of the load. */
export interface Sample {
  at: string
  atMs: number
  headers: Record<string, string>
  body: string
}

/** An error that the app did not make, with its first and last occurrence. */
export interface ForeignError extends Outcome {
  count: number
  first: Sample
  last: Sample
  /** How many there were, by the second (since the epoch) in which they ended. */
  seconds: Record<number, number>
}

/** Latencies in milliseconds, within 1 %, of the app's answers of one version, errors included. */
export interface VersionLatency {
  version: string
  count: number
  p50: number
  p99: number
  max: number
}

/** What a load has brought about so far. */
export interface LoadReport {
  startedAt: string
  elapsedMs: number
  /** Requests handed to a connection. */
  sent: number
  /** Requests that were due but not sent, because all connections were busy. */
  notSent: number
  inFlight: number
  outcomes: (Outcome & { count: number })[]
  latency: VersionLatency[]
  /** Every answer with status 400 or more that is not the app's, and every error of the client. */
  foreign: ForeignError[]
}

/** How many requests failed for another reason than the app's own errors. */
export function foreignErrors(report: LoadReport): number {
  return report.foreign.reduce((sum, error) => sum + error.count, 0)
}

/** How many answers of the app there were, by version. */
export function answersByVersion(report: LoadReport): Record<string, number> {
  return Object.fromEntries(report.latency.map(({ version, count }) => [version, count]))
}

/** How many requests ended in any of the ways that `matches` accepts. */
export function countOutcomes(report: LoadReport, matches: (outcome: Outcome) => boolean): number {
  return report.outcomes.filter(matches).reduce((sum, outcome) => sum + outcome.count, 0)
}

import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import type { ReleaseState } from './state.ts'

const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000
/** Nothing tells when Prometheus is back, has metrics, or lets us in. */
const LONGEST_BLIND_MS = 15_000

/**
 * Milliseconds that a state waits before it moves on by itself; undefined for states that do something instead. A
 * refused preflight is tried again ever more seldom; a change of the Rollout or its objects brings it forward.
 */
export function pauseOf(state: ReleaseState, now: number): number | undefined {
  if (state.phase === 'Refused') return Math.min(longestOf(state), FIRST_RETRY_MS * 2 ** (state.refusals - 1))
  if (state.phase === 'Retaining') return Math.max(0, state.phaseAt + state.plan.retireAfterMs - now)
  return undefined
}

/** Was a release refused for nothing but that Prometheus does not answer? That ends without anybody's doing. */
export function awaitsPrometheus({ phase, findings }: ReleaseState): boolean {
  return phase === 'Refused' && findings.every(({ reason }) => reason === 'PrometheusUnreachable')
}

function longestOf({ findings }: ReleaseState): number {
  return findings.every(({ reason }) => BLIND.has(reason)) ? LONGEST_BLIND_MS : LONGEST_RETRY_MS
}

const BLIND: ReadonlySet<string> = new Set<FindingReason>([
  'PrometheusUnreachable',
  'PrometheusAccessUnusable',
  'MetricsMissing',
])

import type { EProcessState } from './eprocess.ts'
import type { Counts, Evidence, MetricEvidence } from './evidence.ts'
import { limitMsOf } from './measures.ts'
import type { Measure } from './measures.ts'

/** How evidence looked when there were limits only, and one side that counted. */
interface LimitEvidence {
  readonly fail: EProcessState
  readonly step: Counts
  readonly release: Counts
}

/**
 * The evidence as the judge reads it today. A release that was under way at an update of Sluice carries it in an earlier
 * form, and what speaks against its canary must not be lost.
 */
export function readEvidence(evidence: Evidence, measures: readonly Measure[]): Evidence {
  const atOf = (name: string) => {
    const measure = measures.find((one) => one.name === name)
    return measure && limitMsOf(measure)
  }
  const entries = Object.entries(evidence.metrics as Record<string, MetricEvidence | LimitEvidence>)
  return {
    ...evidence,
    metrics: Object.fromEntries(entries.map(([name, one]) => [name, readMetric(one, atOf(name))])),
  }
}

function readMetric(one: MetricEvidence | LimitEvidence, at: number | undefined): MetricEvidence {
  if ('strands' in one) return one
  const { fail, step, release } = one
  if (fail.looks === 0 && fail.spent === 0) return { strands: [], release }
  const { spent, looks, logs } = fail
  const bad = { canary: step.bad, stable: 0 }
  return {
    release,
    strands: [
      {
        reporter: 'Source',
        total: { canary: step.total, stable: 0 },
        capital: { limit: { spent, looks } },
        cuts: [{ phi: 1, bad, logs: { limit: logs }, ...(at !== undefined && { at, isLimit: true }) }],
      },
    ],
  }
}

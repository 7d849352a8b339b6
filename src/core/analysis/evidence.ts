import { combine } from './combine.ts'
import {
  FAIL_GRID,
  GAMMA,
  enterStep,
  initialEProcess,
  logE,
  stepCapital,
  updateEProcess,
} from './eprocess.ts'
import type { EProcessParams, EProcessState } from './eprocess.ts'

interface AnyLimit {
  /** Unique within a release. */
  readonly name: string
  /** Share of bad requests allowed, 0–1. For Latency (100 − percentile) / 100. */
  readonly limit: number
  /** The limit as the user wrote it: `1%`, `500ms`. */
  readonly max: string
}

/** An absolute limit on a share of bad requests of the canary. */
export type LimitMetric =
  | (AnyLimit & { readonly kind: 'ErrorRate' })
  | (AnyLimit & { readonly kind: 'Latency'; readonly percentile: number })

/** Canary requests of one look, or of a longer time. */
export interface Counts {
  readonly total: number
  /** Those that failed, or were slower than `max`. */
  readonly bad: number
}

export interface MetricEvidence {
  /** The process that fails the canary; it runs through all steps of the release. */
  readonly fail: EProcessState
  /** Since this step began. */
  readonly step: Counts
  /** Since the release began. */
  readonly release: Counts
}

/** All that the judge knows of a release. Survives JSON, so that observing goes on from it after a crash. */
export interface Evidence {
  /** Index of the step under way, from 0. */
  readonly step: number
  /** Number of steps of the release. */
  readonly steps: number
  readonly metrics: Readonly<Record<string, MetricEvidence>>
  /** The strongest evidence of harm at any look (natural logarithm), and the metric with the largest share in it. */
  readonly peak: { readonly logE: number; readonly cause?: string }
}

const NOTHING: Counts = { total: 0, bad: 0 }

/** The evidence of a release that has seen no request. Throws a RangeError when there is no step. */
export function initialEvidence(metrics: readonly LimitMetric[], steps: number): Evidence {
  if (steps < 1) throw new RangeError('a release needs at least one step')
  const nothing = { fail: initialEProcess(), step: NOTHING, release: NOTHING }
  return {
    step: 0,
    steps,
    metrics: Object.fromEntries(metrics.map((metric) => [metric.name, nothing])),
    peak: { logE: 0 },
  }
}

/**
 * The evidence at the start of a step: what speaks for a pass is gathered anew, what speaks for a fail is kept.
 * Harmless when the step is under way already. A release may return to an earlier step. Throws a RangeError for a step
 * that the release doesn't have.
 */
export function beginStep(evidence: Evidence, step: number): Evidence {
  if (step === evidence.step) return evidence
  if (step < 0 || step >= evidence.steps) {
    throw new RangeError(`there is no step ${step} among ${evidence.steps}, counted from 0`)
  }
  const metrics = mapValues(evidence.metrics, (one) => ({
    fail: enterStep(one.fail),
    step: NOTHING,
    release: one.release,
  }))
  return { ...evidence, step, metrics }
}

/**
 * The evidence when the step under way begins anew: it must be earned again what speaks for a pass. What speaks for a fail
 * goes on as if nothing had been, since a step brings its capital once.
 */
export function restartStep(evidence: Evidence): Evidence {
  return { ...evidence, metrics: mapValues(evidence.metrics, (one) => ({ ...one, step: NOTHING })) }
}

/**
 * The evidence after one more look.
 * @param counts by the name of the metric; a metric without counts was not seen at this look
 * @param step index of the step, from 0; a new one begins with this look
 * Throws a RangeError when counts are impossible: negative, not finite, or more bad requests than requests.
 */
export function addLook(
  evidence: Evidence,
  metrics: readonly LimitMetric[],
  counts: Readonly<Record<string, Counts>>,
  step: number,
): Evidence {
  const before = beginStep(evidence, step)
  const weight = stepCapital(step, before.steps)
  const after = metrics.map((metric): [string, MetricEvidence] => {
    const look = Object.hasOwn(counts, metric.name) ? counts[metric.name] : undefined
    const known = evidenceOf(before, metric.name)
    return [metric.name, look === undefined ? known : withLook(known, look, failParams(metric.limit, weight))]
  })
  const now = combine(
    after.map(([name, one]) => ({ name, logE: logE(one.fail), weight: 1 / metrics.length })),
  )
  const peak = now.logE > before.peak.logE ? now : before.peak
  return { ...before, metrics: Object.fromEntries(after), peak }
}

/** Parameters of the fail process for a fixed limit. */
export function failParams(limit: number, weight: number): EProcessParams {
  return { rho: 0, delta: limit, phi: 1, gamma: GAMMA, grid: FAIL_GRID, weight }
}

/** Evidence of a metric. Throws a RangeError when the evidence was begun without it. */
export function evidenceOf(evidence: Evidence, metric: string): MetricEvidence {
  const found = Object.hasOwn(evidence.metrics, metric) ? evidence.metrics[metric] : undefined
  if (found === undefined) throw new RangeError(`there is no evidence of a metric "${metric}"`)
  return found
}

function withLook(known: MetricEvidence, look: Counts, params: EProcessParams): MetricEvidence {
  if (!isPossible(look)) {
    throw new RangeError(`${look.bad} bad of ${look.total} requests cannot have been counted`)
  }
  const both = { nStable: 0, xStable: 0, nCanary: look.total, xCanary: look.bad }
  return {
    fail: updateEProcess(known.fail, both, params),
    step: sum(known.step, look),
    release: sum(known.release, look),
  }
}

function isPossible({ total, bad }: Counts): boolean {
  return Number.isFinite(total) && bad >= 0 && bad <= total
}

function sum(a: Counts, b: Counts): Counts {
  return { total: a.total + b.total, bad: a.bad + b.bad }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

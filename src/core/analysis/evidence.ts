import { combine } from './combine.ts'
import type { Measure } from './measures.ts'
import { NO_NUMBERS, addReading } from './number.ts'
import type { NumberRule, NumberState, Reading } from './number.ts'
import { hypothesesOf } from './processes.ts'
import type { Course, ProcessName } from './processes.ts'
import { readStrand } from './older.ts'
import { initialSplit, updateSplit } from './split.ts'
import type { Split } from './split.ts'
import { addToStrand, against, enterStepOf, initialStrand, meanOf, restarted } from './strands.ts'
import type { Strand, StrandLook } from './strands.ts'

/** Requests of one look, or of a longer time. */
export interface Counts {
  readonly total: number
  /** Those that failed, or were slower than a limit. */
  readonly bad: number
}

/** A plain number that was read. */
export interface TimedReading {
  readonly reading: Reading
  /** When it was asked for; milliseconds since the epoch. */
  readonly at: number
}

/** What one look brought for one metric. */
export interface MetricLook {
  /** Why it could not be measured, in words; others could. */
  readonly problem?: string
  /** Instead of counts. */
  readonly number?: TimedReading
  /** Each side that counted. At the first look they say what the metric goes by for the whole release. */
  readonly strands: readonly StrandLook[]
  /** Failed requests that no pod answered. */
  readonly unattributed?: number
  /** Why stable is no measure for the canary now, in words. */
  readonly incomparable?: string
}

/** Looks by the name of the metric. */
export type Looks = Readonly<Record<string, MetricLook>>

export interface MetricEvidence {
  readonly strands: readonly Strand[]
  /** Of the canary, since the release began, as the first strand counts; bad by its first cut. */
  readonly release: Counts
  readonly split?: Split
  /** Failed requests of this step that no pod answered. */
  readonly unattributed?: number
  readonly incomparable?: string
  /** Why the last look could not measure it. */
  readonly problem?: string
  /** Plain numbers instead of counts. */
  readonly number?: NumberState
}

/** The strongest evidence of harm at any look. */
export interface Peak {
  /** Natural logarithm. */
  readonly logE: number
  /** The metric with the largest share in it, and which of its processes has the largest share in that. */
  readonly cause?: string
  readonly by?: ProcessName
}

/** All that the judge knows of a release. Survives JSON, so that observing goes on from it after a crash. */
export interface Evidence {
  /** Index of the step under way, from 0. */
  readonly step: number
  /** Number of steps of the release. */
  readonly steps: number
  readonly metrics: Readonly<Record<string, MetricEvidence>>
  readonly peak: Peak
  /** Time after the hold of this step in which nobody could see (milliseconds): it does not use up patience. */
  readonly blindMs?: number
}

const NOTHING: Counts = { total: 0, bad: 0 }

/** The evidence of a release that has seen no request. Throws a RangeError when there is no step. */
export function initialEvidence(measures: readonly Measure[], steps: number): Evidence {
  if (steps < 1) throw new RangeError('a release needs at least one step')
  const nothing: MetricEvidence = { strands: [], release: NOTHING }
  return {
    step: 0,
    steps,
    metrics: Object.fromEntries(measures.map((measure) => [measure.name, nothing])),
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
  const { blindMs: _blind, ...rest } = evidence
  return { ...rest, step, metrics: anew(evidence, enterStepOf) }
}

/**
 * The evidence when the step under way begins anew: it must be earned again what speaks for a pass. What speaks for a fail
 * goes on as if nothing had been, since a step brings its capital once.
 */
export function restartStep(evidence: Evidence): Evidence {
  const { blindMs: _blind, ...rest } = evidence
  return { ...rest, metrics: anew(evidence, restarted) }
}

function anew({ metrics }: Evidence, change: (strand: Strand) => Strand): Evidence['metrics'] {
  return mapValues(metrics, ({ split: _split, unattributed: _lost, ...one }) => ({
    ...one,
    // Evidence that an earlier Sluice began has none, or others; see readEvidence.
    strands:
      (one.strands as readonly Strand[] | undefined)?.map((strand) => change(readStrand(strand))) ?? [],
  }))
}

/**
 * The evidence after one more look.
 * @param looks a metric without one was not seen
 * @param course its step is that of the look; a new one begins with it
 * Throws a RangeError when counts are impossible: negative, not finite, or more bad requests than requests.
 */
export function addLook(
  evidence: Evidence,
  measures: readonly Measure[],
  looks: Looks,
  course: Course,
): Evidence {
  const before = beginStep(evidence, course.step)
  const after = measures.map((measure): [string, MetricEvidence] => {
    const look = Object.hasOwn(looks, measure.name) ? looks[measure.name] : undefined
    const known = evidenceOf(before, measure.name)
    return [measure.name, look === undefined ? known : withLook(known, look, measure, course)]
  })
  const metrics = Object.fromEntries(after)
  return { ...before, metrics, peak: peakOf(before.peak, metrics, measures) }
}

/** Measures whose counts can take a release back: they share the chance of a false alarm. */
export function accusersOf(measures: readonly Measure[]): Measure[] {
  return measures.filter(
    ({ kind, isDryRun, isNormal }) => kind !== 'TrafficSplit' && kind !== 'Number' && !isDryRun && !isNormal,
  )
}

/** Evidence of a metric. Throws a RangeError when the evidence was begun without it. */
export function evidenceOf(evidence: Evidence, metric: string): MetricEvidence {
  const found = Object.hasOwn(evidence.metrics, metric) ? evidence.metrics[metric] : undefined
  if (found === undefined) throw new RangeError(`there is no evidence of a metric "${metric}"`)
  return found
}

function withLook(known: MetricEvidence, look: MetricLook, measure: Measure, course: Course): MetricEvidence {
  const { incomparable: _before, problem: _solved, ...rest } = known
  if (look.problem !== undefined) return { ...rest, problem: look.problem }
  const begun =
    known.strands.length > 0 ? known.strands : look.strands.map((strand) => initialStrand(strand, measure))
  const hypotheses = hypothesesOf(measure, course)
  const seen = begun.map((strand) => {
    const counted = look.strands.find(({ reporter }) => reporter === strand.reporter)
    return counted === undefined ? strand : addToStrand(strand, counted, hypotheses)
  })
  return {
    ...rest,
    strands: seen,
    release: releaseAfter(known.release, look.strands[0]),
    ...(measure.kind === 'TrafficSplit' && { split: splitAfter(known.split, look, measure, course) }),
    ...(look.number && measure.rule && { number: numberAfter(known.number, look.number, measure.rule) }),
    ...(look.unattributed !== undefined && {
      unattributed: (known.unattributed ?? 0) + look.unattributed,
    }),
    ...(look.incomparable !== undefined && { incomparable: look.incomparable }),
  }
}

function releaseAfter(before: Counts, look: StrandLook | undefined): Counts {
  if (look === undefined) return before
  return {
    total: before.total + look.total.canary,
    bad: before.bad + (look.cuts[0]?.bad.canary ?? 0),
  }
}

function numberAfter(
  before: NumberState = NO_NUMBERS,
  { reading, at }: TimedReading,
  rule: NumberRule,
): NumberState {
  return addReading(before, reading, at, rule)
}

function splitAfter(before: Split | undefined, look: MetricLook, measure: Measure, course: Course): Split {
  const total = look.strands[0]?.total ?? { canary: 0, stable: 0 }
  return updateSplit(before ?? initialSplit(), total, measure, course)
}

/** Canary requests of this step, as the side counted that saw most. */
export function requestsOf({ strands }: MetricEvidence): number {
  return Math.max(0, ...strands.map(({ total }) => total.canary))
}

/**
 * Evidence against the canary of one metric; nothing where stable is no measure and there is no limit. The comparison
 * keeps its part in the mean: whoever took over the parts of others as they fail would have bet more than there is.
 */
export function harmOf({ strands, incomparable }: MetricEvidence): { logE: number; by?: ProcessName } {
  const processes = against(strands).map(({ name, logE }) => {
    return { name, logE: name === 'fail' && incomparable !== undefined ? -Infinity : logE }
  })
  if (processes.every(({ logE }) => logE === -Infinity)) return { logE: 0 }
  const logs = processes.map(({ logE }) => logE)
  const by = processes[logs.indexOf(Math.max(...logs))]?.name
  return { logE: meanOf(logs), ...(by && { by }) }
}

function peakOf(before: Peak, metrics: Evidence['metrics'], measures: readonly Measure[]): Peak {
  const names = accusersOf(measures).map(({ name }) => name)
  const harms = names.flatMap((name) => {
    const one = metrics[name]
    return one === undefined ? [] : [{ name, weight: 1 / names.length, ...harmOf(one) }]
  })
  const { logE, cause } = combine(harms)
  if (logE <= before.logE) return before
  const by = harms.find(({ name }) => name === cause)?.by
  return { logE, ...(cause !== undefined && { cause }), ...(by && { by }) }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

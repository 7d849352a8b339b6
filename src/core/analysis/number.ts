import type { Verdict } from './verdict.ts'

/**
 * Judges plain numbers: what a PromQL query or a web address says of the canary as a whole. Nobody knows how much
 * chance is in such a number, so failures are only counted: this is outside of the stated chances of error.
 */

/** What asking for a number brought. Bad: an answer came, and it is not one number. */
export type Reading =
  | { readonly kind: 'Number'; readonly value: number }
  | { readonly kind: 'NoData' }
  | { readonly kind: 'Bad' | 'ProviderError'; readonly reason: string }

/** What a number must be, and how often it may be otherwise. */
export interface NumberRule {
  readonly min?: number
  readonly max?: number
  /** Failures of a release that are borne; one more fails it. */
  readonly failureLimit: number
  /** So many failures one after the other fail it, too. */
  readonly consecutiveFailures?: number
}

/** All that is remembered of a metric. Survives JSON, and does not grow. */
export interface NumberState {
  /** Numbers that were read. */
  readonly measured: number
  /** Those outside of the limits. */
  readonly failures: number
  /** Those at the end, one after the other. */
  readonly consecutive: number
  readonly lastValue?: number
  /** Time of the last reading of any kind, milliseconds since the epoch. */
  readonly lastAt?: number
  /** What the last reading brought. */
  readonly last: Reading['kind']
  /** Why the last reading brought no number. */
  readonly reason?: string
  /** The value that failed the canary; it never goes away. */
  readonly failedBy?: number
}

export interface NumberVerdict {
  readonly verdict: Verdict
  /** The last number; that which failed the canary where one did. */
  readonly value?: number
  /** What it must be: `at least 0.02`. */
  readonly limit: string
  /** One phrase of what was seen. */
  readonly evidence: string
}

export const NO_NUMBERS: NumberState = { measured: 0, failures: 0, consecutive: 0, last: 'NoData' }

/** Longest reason that is remembered, in characters. */
const LONGEST_REASON = 300

/**
 * What is known after one more reading. A reading that is not newer than the last one is left out: it was counted before
 * a restart. Readings without a number count for nothing, and end no row of failures.
 * @param atMs when it was asked, milliseconds since the epoch
 */
export function addReading(
  state: NumberState,
  reading: Reading,
  atMs: number,
  rule: NumberRule,
): NumberState {
  if (state.lastAt !== undefined && atMs <= state.lastAt) return state
  const { reason: _, ...known } = { ...state, lastAt: atMs, last: reading.kind }
  if (reading.kind === 'NoData') return known
  if (reading.kind !== 'Number') return { ...known, reason: reading.reason.slice(0, LONGEST_REASON) }
  if (!Number.isFinite(reading.value))
    return { ...known, last: 'Bad', reason: `${reading.value} is no finite number` }
  return counted(known, reading.value, rule)
}

function counted(state: NumberState, value: number, rule: NumberRule): NumberState {
  const isBad = !isWithin(value, rule)
  const next = {
    ...state,
    measured: state.measured + 1,
    failures: state.failures + (isBad ? 1 : 0),
    consecutive: isBad ? state.consecutive + 1 : 0,
    lastValue: value,
  }
  const fails = isBad && state.failedBy === undefined && isTooMuch(next, rule)
  return fails ? { ...next, failedBy: value } : next
}

function isWithin(value: number, { min = -Infinity, max = Infinity }: NumberRule): boolean {
  return value >= min && value <= max
}

function isTooMuch({ failures, consecutive }: NumberState, rule: NumberRule): boolean {
  return failures > rule.failureLimit || consecutive >= (rule.consecutiveFailures ?? Infinity)
}

/** What the numbers say so far. A Fail stays; otherwise the last reading decides. */
export function judgeNumber(state: NumberState, rule: NumberRule): NumberVerdict {
  const limit = limitText(rule)
  if (state.failedBy !== undefined)
    return {
      verdict: 'Fail',
      value: state.failedBy,
      limit,
      evidence: failSentence(state.failedBy, state, rule),
    }
  if (state.last !== 'Number') return { verdict: wordOf(state.last), limit, evidence: lackSentence(state) }
  const value = state.lastValue ?? Number.NaN
  if (isWithin(value, rule))
    return { verdict: 'Pass', value, limit, evidence: `${value} is ${limit}${soFar(state, rule)}` }
  return { verdict: 'Unsure', value, limit, evidence: beyond(value, rule) + soFar(state, rule) }
}

/** A number that is none is nobody's fault but the query's or the provider's. */
function wordOf(kind: Exclude<Reading['kind'], 'Number'>): Verdict {
  return kind === 'NoData' ? 'NoData' : 'ProviderError'
}

function lackSentence({ last, reason = '' }: NumberState): string {
  if (last === 'NoData') return 'there is no data yet'
  return last === 'Bad' ? `there is no number in the answer: ${reason}` : reason
}

function limitText({ min, max }: NumberRule): string {
  if (min === undefined) return `at most ${max}`
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`
}

function beyond(value: number, { min, max }: NumberRule): string {
  return min !== undefined && value < min ? `${value} is below ${min}` : `${value} is above ${max}`
}

function failSentence(value: number, state: NumberState, rule: NumberRule): string {
  const allowed = rule.failureLimit === 0 ? 'none is' : `at most ${rule.failureLimit} are`
  if (state.failures > rule.failureLimit)
    return `${beyond(value, rule)}: ${plural(state.failures)}, ${allowed} allowed`
  return `${beyond(value, rule)}: ${rule.consecutiveFailures} failures in a row`
}

function soFar({ failures, consecutive }: NumberState, rule: NumberRule): string {
  if (failures === 0) return ''
  const bound = Number.isFinite(rule.failureLimit) ? ` of at most ${rule.failureLimit}` : ''
  const many = `${failures}${bound} ${failures === 1 && bound === '' ? 'failure' : 'failures'} so far`
  return rule.consecutiveFailures === undefined || consecutive === 0
    ? `, ${many}`
    : `, ${many}, ${consecutive} of ${rule.consecutiveFailures} in a row`
}

function plural(count: number): string {
  return `${count} ${count === 1 ? 'failure' : 'failures'}`
}

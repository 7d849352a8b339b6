import { z } from 'zod'
import { QueryError, quote } from './problems.ts'

/** A sample: seconds since the epoch, and its value. */
type Written<T> = readonly [seconds: number, value: T]
/** The first number tells which boundaries belong to the bucket. */
type WrittenBucket = readonly [rule: number, lower: string, upper: string, count: string]

/** A series as Prometheus has it. */
export interface Row {
  readonly metric: Readonly<Record<string, string>>
  readonly values?: readonly Written<string>[]
  readonly histograms?: readonly Written<{
    readonly count: string
    readonly buckets?: readonly WrittenBucket[]
  }>[]
}

const success = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.literal('matrix'), result: z.array(z.unknown()) }),
  warnings: z.array(z.string()).nullish(),
  /** VictoriaMetrics, when some of its storage did not answer. */
  isPartial: z.boolean().optional(),
})
const failure = z.object({ status: z.literal('error'), error: z.string() })

/** What engines note about the query itself; the data are whole. */
const NOTE = /^PromQL (warning|info):/

/** Why an answer may lack data, in words; undefined when it is whole. */
export function whyPartial({
  warnings,
  isPartial,
}: {
  readonly warnings?: readonly string[] | null | undefined
  readonly isPartial?: boolean | undefined
}): string | undefined {
  const warning = (warnings ?? []).find((text) => !NOTE.test(text))
  if (warning !== undefined) return `its answer may lack data: it warns: ${quote(warning)}`
  return isPartial === true ? 'its answer may lack data: it says so' : undefined
}

/**
 * The series in an answer. Throws a QueryError when it is another's answer, an error, or only a part: some of the counters
 * would be wrong evidence. Whatever is warned of besides the query itself concerns a storage that was not read.
 */
export function rowsIn(body: string): readonly Row[] {
  const json = jsonOf(body)
  const failed = failure.safeParse(json)
  if (failed.success) {
    throw new QueryError(`it answered with an error: ${quote(failed.data.error)}`, 'Provider')
  }
  const parsed = success.safeParse(json)
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? ''
    throw notPrometheus(where === '' ? 'it is of another kind' : `"${where}" is missing or of another kind`)
  }
  const { data } = parsed.data
  const partial = whyPartial(parsed.data)
  if (partial !== undefined) throw new QueryError(partial, 'Provider')
  const wrong = data.result.findIndex((row) => !isRow(row))
  if (wrong !== -1) throw notPrometheus(`"data.result.${wrong}" is of another kind`)
  return data.result as Row[]
}

// By hand: these are hundreds of thousands in a minute, and a schema takes twice as long as JSON itself.

function isRow(row: unknown): row is Row {
  if (!isObject(row) || !isObject(row['metric'])) return false
  const { values = [], histograms = [] } = row
  return isSamples(values, isText) && isSamples(histograms, isHistogram)
}

function isSamples(samples: unknown, isValue: (value: unknown) => boolean): boolean {
  if (!Array.isArray(samples)) return false
  return samples.every(
    (sample: unknown) => Array.isArray(sample) && typeof sample[0] === 'number' && isValue(sample[1]),
  )
}

function isHistogram(value: unknown): boolean {
  if (!isObject(value) || !isText(value['count'])) return false
  const { buckets = [] } = value
  return Array.isArray(buckets) && buckets.every(isBucket)
}

function isBucket(bucket: unknown): boolean {
  return Array.isArray(bucket) && bucket.length === 4 && bucket.slice(1).every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw notPrometheus(/^\s*</.test(body) ? 'it is a page of HTML' : 'it is no whole JSON')
  }
}

function notPrometheus(why: string): QueryError {
  return new QueryError(`its answer is not that of Prometheus: ${why}`, 'Provider')
}

import { boundariesOf } from './boundaries.ts'
import { hasBoundary, quantile } from './histogram.ts'
import type { Bucket } from './histogram.ts'
import { limitMsOf } from './measures.ts'
import type { Measure } from './measures.ts'

/** Boundaries that a comparison should have between stable's median and its slowest requests. */
const FEW = 2

/** Boundaries (milliseconds) that a histogram lacks, and why they are missed. */
export interface BucketAdvice {
  readonly metric: string
  readonly add: readonly number[]
  readonly why: string
}

/**
 * Which boundaries to add for latencies; none where they cannot be known, or cannot be chosen.
 * @param buckets of stable, in rising order
 * @param growth of a native histogram, see `heldAt`
 */
export function bucketAdvice(
  measures: readonly Measure[],
  buckets: readonly Bucket[],
  growth?: number,
): BucketAdvice[] {
  if (buckets.length === 0 || growth !== undefined) return []
  return measures.flatMap((measure) => [...forLimit(measure, buckets), ...forShape(measure, buckets)])
}

function forLimit(measure: Measure, buckets: readonly Bucket[]): BucketAdvice[] {
  const limitMs = limitMsOf(measure)
  if (limitMs === undefined || hasBoundary(buckets, limitMs)) return []
  const above = buckets.find(({ le }) => le > limitMs)?.le ?? Infinity
  const counted =
    above === Infinity
      ? 'nothing counts as too slow'
      : `only what takes longer than ${above}ms counts as too slow`
  const why = `max is ${measure.max}, and the histogram has no boundary there: ${counted}`
  return [{ metric: measure.name, add: [limitMs], why }]
}

/** The body of stable's latencies lies in one bucket: a canary that is slower within it is as good as stable. */
function forShape({ name, kind, vsStable, vsHistory }: Measure, buckets: readonly Bucket[]): BucketAdvice[] {
  const chosen = boundariesOf(buckets)
  if (kind !== 'Latency' || (!vsStable && !vsHistory) || chosen === undefined) return []
  if (chosen.length > FEW) return []
  const [low, high] = [quantile(buckets, 0.5), quantile(buckets, 0.99)]
  if (low === undefined || high === undefined || low <= 0) return []
  const known = new Set(buckets.map(({ le }) => le))
  const add = [low, Math.sqrt(low * high), high].map(round).filter((le) => le > 0 && !known.has(le))
  const why = `stable's latencies lie between ${chosen.length} boundaries that tell something (${chosen.join(', ')} ms): a small shift would not be seen`
  return add.length === 0 ? [] : [{ metric: name, add: [...new Set(add)], why }]
}

function round(ms: number): number {
  return Number(ms.toPrecision(2))
}

/** Value of the annotation `sidecar.istio.io/statsHistogramBuckets` that keeps the boundaries there are and adds some. */
export function bucketAnnotation(buckets: readonly Bucket[], advice: readonly BucketAdvice[]): string {
  const known = buckets.map(({ le }) => le).filter((le) => le !== Infinity)
  const all = [...new Set([...known, ...advice.flatMap(({ add }) => add)])].toSorted((a, b) => a - b)
  return JSON.stringify({ 'istiocustom.istio_request_duration_milliseconds': all })
}

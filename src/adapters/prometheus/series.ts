import type { LabeledSeries } from '../../core/analysis/istio.ts'
import { boundaryCounters, growthOf } from '../../core/analysis/native-histogram.ts'
import type { NativeBucket, NativeHistogram } from '../../core/analysis/native-histogram.ts'
import { ProviderError } from '../../ports.ts'
import type { Row } from './answer.ts'
import type { Span } from './client.ts'
import type { Columns } from './columns.ts'
import type { Topic } from './reads.ts'

/** What a series is of. */
type Labels = Omit<LabeledSeries, 'samples'>

/** A series with what is known of it. */
export interface KnownSeries {
  readonly labels: Labels
  readonly columns: Columns
}

/** A time, and from when on all samples in it are wanted: before that, the last few of each series are. */
export interface Wish extends Span {
  readonly sinceMs?: number
}

/** They show how often it is scraped. */
const FEW = 5

/** Labels of a series that matter here. */
export function labelsOf({ metric }: Row, { measure, reporter }: Topic): Labels {
  const instance = `${metric['job'] ?? ''}/${metric['instance'] ?? ''}`
  const { destination_version: version, destination_workload: workload, pod, pod_name: podName } = metric
  return {
    instance,
    version: knownOf(version),
    workload: knownOf(workload),
    ...(reporter === 'Destination' && { pod: pod ?? podName ?? instance }),
    ...(measure === 'Requests' ? statusOf(metric) : boundaryOf(metric)),
  }
}

function statusOf({
  response_code: code = '',
  grpc_response_status: grpc = '',
}: Row['metric']): Pick<Labels, 'code' | 'grpcStatus'> {
  return { code, ...(grpc !== '' && { grpcStatus: grpc }) }
}

/** A native histogram has none. */
function boundaryOf({ le }: Row['metric']): Pick<Labels, 'le'> {
  if (le === undefined) return {}
  return { le: le === '+Inf' ? Infinity : finite(le) }
}

/** Istio's word for what it could not find out. */
function knownOf(label = ''): string {
  return label === 'unknown' ? '' : label
}

/** The samples of a series. Throws a ProviderError when one is no finite number. */
export function columnsOf({ values, histograms }: Row): Columns {
  if (histograms !== undefined && histograms.length > 0) {
    return {
      times: histograms.map(([seconds]) => milliseconds(seconds)),
      values: histograms.map(([, { count, buckets = [] }]): NativeHistogram => {
        return { count: finite(count), buckets: buckets.map(bucketOf) }
      }),
    }
  }
  const samples = values ?? []
  return {
    times: samples.map(([seconds]) => milliseconds(seconds)),
    values: samples.map(([, value]) => finite(value)),
  }
}

function bucketOf([, lower, upper, count]: readonly [number, string, string, string]): NativeBucket {
  return [boundary(lower), boundary(upper), finite(count)]
}

function boundary(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : finite(text)
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000)
}

/** A counter that is no number hides what it should have counted: nobody is judged by the rest. */
export function finite(value: string): number {
  const number = value === '' ? Number.NaN : Number(value)
  if (Number.isFinite(number)) return number
  throw new ProviderError(`it has a sample that is no finite number: "${value}"`)
}

/** What is known of a time, for the port; a histogram that is there both classic and native counts once. */
export function seriesIn(known: Iterable<KnownSeries>, span: Wish, { measure }: Topic): LabeledSeries[] {
  const all = [...known].flatMap(({ labels, columns }): Found[] => {
    const range = rangeIn(columns.times, span)
    return range.from < range.to ? [{ labels, columns, range }] : []
  })
  const isCounter = ({ labels: { le } }: Found) => measure === 'Requests' || le !== undefined
  const counters = all.filter(isCounter)
  const classic = new Set(counters.map(({ labels }) => sourceOf(labels)))
  const native = all.filter((one) => !isCounter(one) && !classic.has(sourceOf(one.labels)))
  return [
    ...counters.map(({ labels, columns, range }) => ({
      ...labels,
      samples: samplesIn(columns, range, Number),
    })),
    ...nativeSeries(native),
  ]
}

/** A series with the samples that are asked for. */
interface Found extends KnownSeries {
  readonly range: Range
}

function nativeSeries(found: readonly Found[]): LabeledSeries[] {
  const histograms = found.map(({ columns, range }) => samplesIn(columns, range, histogramOf))
  const growth = growthOf(histograms)
  const common = growth === undefined ? {} : { growth }
  const counters = boundaryCounters(histograms)
  return found.flatMap(({ labels }, index) =>
    (counters[index] ?? []).map((counter) => ({ ...labels, ...common, ...counter })),
  )
}

interface Range {
  readonly from: number
  readonly to: number
}

function rangeIn(times: readonly number[], { fromMs, toMs, sinceMs = fromMs }: Wish): Range {
  const first = times.findIndex((at) => at >= fromMs)
  const from = first === -1 ? times.length : first
  // Thousands ask at each interval, mostly for the news of one.
  const few = times.findLastIndex((at) => at < sinceMs) + 1 - FEW
  return { from: Math.max(from, few), to: times.findLastIndex((at) => at <= toMs) + 1 }
}

function samplesIn<T>(
  { times, values }: Columns,
  { from, to }: Range,
  read: (value: Columns['values'][number]) => T,
): (readonly [number, T])[] {
  const samples: (readonly [number, T])[] = []
  for (let index = from; index < to; index++) samples.push([times[index] ?? 0, read(values[index] ?? 0)])
  return samples
}

function histogramOf(value: Columns['values'][number]): NativeHistogram {
  return typeof value === 'number' ? { count: value, buckets: [] } : value
}

function sourceOf({ instance, version }: Labels): string {
  return `${instance}\n${version}`
}

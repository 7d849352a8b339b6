import axios from 'axios'
import type { AxiosInstance } from 'axios'
import { z } from 'zod'
import type { LabeledSeries } from '../../core/analysis/istio.ts'
import { ProviderError } from '../../ports.ts'
import type { CounterQuery, MetricsSource } from '../../ports.ts'

const TIMEOUT_MS = 5_000
/** Largest answer that is read, in bytes; a larger one is an error rather than an exhausted process. */
const LARGEST_ANSWER = 64 * 1024 * 1024

const sample = z.tuple([z.number(), z.string()])
const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(sample) })),
  }),
})
type Row = z.output<typeof answer>['data']['result'][number]

/** Istio's standard metrics in Prometheus, as callers see them (`reporter="source"`), as raw samples. */
export function prometheusSource(url: string): MetricsSource {
  const http = axios.create({ baseURL: url, timeout: TIMEOUT_MS, maxContentLength: LARGEST_ANSWER })
  return {
    requests: async (query) => (await range(http, 'istio_requests_total', query)).map(requestSeries),
    latencies: async (query) =>
      (await range(http, 'istio_request_duration_milliseconds_bucket', query)).map(bucketSeries),
  }
}

/** A range vector as an instant query: raw samples with the times of their scrapes, nothing extrapolated. */
async function range(http: AxiosInstance, metric: string, query: CounterQuery): Promise<Row[]> {
  const seconds = Math.max(1, Math.ceil((query.toMs - query.fromMs) / 1000))
  const selector = `${metric}{reporter="source",destination_service=${quoted(query.service)}}[${seconds}s]`
  try {
    const response = await http.get<unknown>('/api/v1/query', {
      params: { query: selector, time: query.toMs / 1000 },
    })
    return answer.parse(response.data).data.result
  } catch (error) {
    throw new ProviderError(problemOf(error), { cause: error })
  }
}

/** A PromQL string: quotes, backslashes and line ends are escaped as in Go. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function problemOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'its answer is not that of Prometheus'
  if (!axios.isAxiosError(error)) return String(error)
  const said = (error.response?.data as { error?: unknown } | undefined)?.error
  if (typeof said === 'string') return `it answered ${error.response?.status}: ${said}`
  return error.response
    ? `it answered ${error.response.status}`
    : `${error.code ?? ''} ${error.message}`.trim()
}

function requestSeries(row: Row): LabeledSeries {
  return { ...commonOf(row), code: row.metric['response_code'] ?? '' }
}

function bucketSeries(row: Row): LabeledSeries {
  const le = row.metric['le'] ?? '+Inf'
  return { ...commonOf(row), le: le === '+Inf' ? Infinity : Number(le) }
}

function commonOf({ metric, values }: Row): LabeledSeries {
  return {
    instance: `${metric['job'] ?? ''}/${metric['instance'] ?? ''}`,
    version: knownOf(metric['destination_version']),
    workload: knownOf(metric['destination_workload']),
    samples: values.map(([seconds, value]) => [Math.round(seconds * 1000), finite(value)]),
  }
}

/** Istio's word for what it could not find out. */
function knownOf(label = ''): string {
  return label === 'unknown' ? '' : label
}

/** A counter that is no number hides what it should have counted: nobody is judged by the rest. */
function finite(value: string): number {
  const number = value === '' ? Number.NaN : Number(value)
  if (Number.isFinite(number)) return number
  throw new ProviderError(`it has a sample that is no finite number: "${value}"`)
}

import axios from 'axios'
import type { SandboxEnv } from '../env.ts'

interface Answer {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] }
}

/** Whether Prometheus has seen how long requests to a host take: preflight asks for that before a release. */
export async function hasLatencies(
  { prometheus }: Pick<SandboxEnv, 'prometheus'>,
  host: string,
): Promise<boolean> {
  const { data } = await ask(
    prometheus,
    `istio_request_duration_milliseconds_bucket{destination_service="${host}"}`,
  )
  return data.result.length > 0
}

/** How many calls met a fault so far, as the callers' proxies count them, by workload of the namespace. */
export async function faultsMet(
  { prometheus }: Pick<SandboxEnv, 'prometheus'>,
  namespace: string,
): Promise<Record<string, number>> {
  const flagged = `istio_requests_total{source_workload_namespace="${namespace}",response_flags=~"FI|DI"}`
  const { data } = await ask(prometheus, `sum by (source_workload) (${flagged})`)
  return Object.fromEntries(
    data.result.map(({ metric, value }) => [metric['source_workload'] ?? '', Number(value[1])]),
  )
}

async function ask(prometheus: string, query: string): Promise<Answer> {
  const url = `${prometheus}/api/v1/query`
  return (await axios.get<Answer>(url, { params: { query }, timeout: 5_000 })).data
}

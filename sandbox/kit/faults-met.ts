import axios from 'axios'
import type { SandboxEnv } from '../env.ts'

interface Answer {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] }
}

/** How many calls met a fault so far, as the callers' proxies count them, by workload of the namespace. */
export async function faultsMet(
  { prometheus }: Pick<SandboxEnv, 'prometheus'>,
  namespace: string,
): Promise<Record<string, number>> {
  const flagged = `istio_requests_total{source_workload_namespace="${namespace}",response_flags=~"FI|DI"}`
  const params = { query: `sum by (source_workload) (${flagged})` }
  const { data } = await axios.get<Answer>(`${prometheus}/api/v1/query`, { params, timeout: 5_000 })
  return Object.fromEntries(
    data.data.result.map(({ metric, value }) => [metric['source_workload'] ?? '', Number(value[1])]),
  )
}

import axios from 'axios'

/**
 * How many queries Prometheus has answered since it started, as it counts them itself.
 * @param url of Prometheus
 */
export async function queriesAnswered(url: string): Promise<number> {
  const { data } = await axios.get<string>('/metrics', { baseURL: url, responseType: 'text' })
  return queriesIn(data)
}

/** Sum of `prometheus_http_requests_total` over the handlers of queries, in the text of its own metrics. */
export function queriesIn(metrics: string): number {
  const lines = metrics.matchAll(/^prometheus_http_requests_total\{([^}]*)\} (\S+)$/gm)
  return [...lines]
    .filter(([, labels = '']) => /handler="\/api\/v1\/query(_range)?"/.test(labels))
    .reduce((total, [, , value]) => total + Number(value), 0)
}

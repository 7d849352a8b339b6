import axios from 'axios'
import type { AxiosInstance, AxiosResponse } from 'axios'
import { Agent as HttpAgent } from 'node:http'
import type { ClientRequest } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Row } from './answer.ts'
import { rowsIn } from './answer.ts'
import { QueryError, refused, unanswered } from './problems.ts'
import type { PrometheusSettings, PrometheusTls } from './settings.ts'

/** Longest silence (milliseconds). */
const TIMEOUT_MS = 5_000
/** Longest time for a whole answer (milliseconds). */
const WHOLE_TIMEOUT_MS = 15_000
/** Largest answer that is read, in bytes; a larger one is an error rather than an exhausted process. */
const LARGEST_ANSWER = 64 * 1024 * 1024
/** Further than this (milliseconds) its clock may not be from ours: samples would be hidden, or taken for others' time. */
const LARGEST_SKEW_MS = 60_000

/** A time, milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** Asks Prometheus. All throw a QueryError. */
export interface PrometheusClient {
  /** Raw samples of a selector, as they were scraped, nothing extrapolated. */
  samples(selector: string, span: Span): Promise<readonly Row[]>
  /** A sample at each step (milliseconds): the latest before it. */
  steps(selector: string, span: Span, stepMs: number): Promise<readonly Row[]>
}

/** @param now milliseconds since the epoch */
export function prometheusHttp(
  settings: PrometheusSettings,
  now: () => number,
  http = httpOf(settings),
): PrometheusClient {
  const ask = async (path: string, params: Record<string, string>) => {
    const response = await posted(http, path, { ...settings, params })
    throwIfSkewed(response, now())
    if (response.status !== 200) throw refused(response)
    return rowsIn(response.data)
  }
  return {
    samples: async (selector, { fromMs, toMs }) => {
      // Newer versions leave out what is exactly at the beginning.
      const seconds = Math.ceil((toMs - fromMs) / 1000) + 1
      return ask('api/v1/query', { query: `${selector}[${seconds}s]`, time: inSeconds(toMs) })
    },
    steps: async (selector, { fromMs, toMs }, stepMs) =>
      ask('api/v1/query_range', {
        query: selector,
        start: inSeconds(fromMs),
        end: inSeconds(toMs),
        step: inSeconds(stepMs),
      }),
  }
}

/** An HTTP client with the way into Prometheus. Paths are relative to its base. */
export function httpOf({ url, headers, tls, guard }: PrometheusSettings): AxiosInstance {
  const connections = { keepAlive: true, ...(guard && { lookup: guard.lookup }) }
  return axios.create({
    baseURL: url,
    ...(headers && { headers: { ...headers } }),
    timeout: TIMEOUT_MS,
    maxContentLength: LARGEST_ANSWER,
    // Whoever is named elsewhere is not to get our credentials.
    maxRedirects: 0,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    ...(guard && { proxy: false }),
    httpAgent: new HttpAgent(connections),
    httpsAgent: new HttpsAgent({ ...connections, ...(tls && tlsOf(tls)) }),
  })
}

/** Keeps no connection for later: idle ones end now, others with their answer. */
export function letGo({ defaults }: AxiosInstance): void {
  for (const agent of [defaults.httpAgent, defaults.httpsAgent] as HttpAgent[]) {
    agent.maxFreeSockets = 0
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []))
      socket.destroy()
  }
}

function tlsOf({ ca, client, serverName }: PrometheusTls) {
  return { ...(ca && { ca }), ...client, ...(serverName && { servername: serverName }) }
}

/**
 * An answer of any status; without parameters by GET, which alone gives values of a label. Throws a QueryError when none
 * comes.
 */
export async function posted(
  http: AxiosInstance,
  path: string,
  {
    authorization,
    params,
  }: Pick<PrometheusSettings, 'authorization'> & { params: Readonly<Record<string, string>> | undefined },
): Promise<AxiosResponse<string>> {
  const form = new URLSearchParams({
    ...params,
    timeout: `${TIMEOUT_MS / 1000}s`,
    // Thanos and VictoriaMetrics fail then, rather than leave out what they cannot reach. Others do not know these.
    partial_response: 'false',
    deny_partial_response: '1',
  })
  const post = async () =>
    http.request<string>({
      url: path,
      ...(params === undefined ? {} : { method: 'POST', data: form }),
      signal: AbortSignal.timeout(WHOLE_TIMEOUT_MS),
      ...(authorization && { headers: { authorization: authorization() } }),
    })
  try {
    return await post().catch(async (error: unknown) => {
      if (!wasClosedMeanwhile(error)) throw error
      return post()
    })
  } catch (error) {
    throw unanswered(error)
  }
}

/** The other side ended a connection that was kept for the next query, just when that came. */
function wasClosedMeanwhile(error: unknown): boolean {
  if (!axios.isAxiosError(error) || error.code !== 'ECONNRESET') return false
  return (error.request as ClientRequest | undefined)?.reusedSocket === true
}

/** Throws a QueryError when the other clock is far from ours. Whole seconds are all that the header tells. */
export function throwIfSkewed({ headers }: AxiosResponse, nowMs: number): void {
  const skewMs = Date.parse(String(headers['date'])) - nowMs
  if (Number.isNaN(skewMs) || Math.abs(skewMs) <= LARGEST_SKEW_MS) return
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const direction = skewMs > 0 ? 'ahead of' : 'behind'
  throw new QueryError(`its clock is ${seconds} s ${direction} ours; set both by the same time`, 'Provider')
}

function inSeconds(ms: number): string {
  return String(ms / 1000)
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'

/** A native histogram as Prometheus writes it. */
export interface WrittenHistogram {
  readonly count: string
  readonly sum: string
  readonly buckets?: readonly (readonly [number, string, string, string])[]
}

/** A series that a test puts into Prometheus; times in milliseconds. */
export interface StoredSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly samples: (readonly [atMs: number, value: string | WrittenHistogram])[]
}

/** What it was asked. */
export interface Asked {
  readonly path: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly params: Readonly<Record<string, string>>
}

type Answer = (response: ServerResponse, asked: Asked) => void

/** A server that has the series of a test, and answers selectors of them as Prometheus does. */
export class PrometheusServer {
  readonly #server: Server
  readonly #scheme: string
  series: StoredSeries[] = []
  readonly asked: Asked[] = []
  /** Instead of the right answer; undefined: the right one. */
  answer: Answer | undefined

  /** @param tls absent: plain text */
  constructor(tls?: ServerOptions) {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#take(request, response)
    this.#server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
    // Whoever keeps a connection is not to be saved from it by us.
    this.#server.keepAliveTimeout = 0
    this.#server.on('tlsClientError', () => undefined)
    this.#scheme = tls === undefined ? 'http' : 'https'
  }

  /** Begins to listen; its URL. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.url
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Is told of each connection. */
  onConnection(listener: (socket: Socket) => void): void {
    this.#server.on('connection', listener)
  }

  /** Selectors that it was asked for. */
  get selectors(): string[] {
    return this.asked.map(({ params }) => params['query'] ?? '')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const params = Object.fromEntries(new URLSearchParams(await text(request)))
    const { url: path = '', method = '', headers } = request
    const asked = { path, method, headers, params }
    this.asked.push(asked)
    if (this.answer !== undefined) this.answer(response, asked)
    else this.succeed(response, asked)
  }

  /** The right answer. */
  succeed(response: ServerResponse, asked: Asked): void {
    const result = this.#select(asked)
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
  }

  #select({ path, params }: Asked): object[] {
    const [, selector = '', seconds] = /^(\{.*\})(?:\[(\d+)s\])?$/s.exec(params['query'] ?? '') ?? []
    const matches = matcherOf(selector)
    const pick = path.endsWith('/query_range') ? stepsOf(params) : rangeOf(params, Number(seconds))
    return this.series
      .filter(({ metric }) => matches(metric))
      .flatMap(({ metric, samples }) => {
        const found = pick(samples)
        const written = ([at, value]: StoredSeries['samples'][number]) => [at / 1000, value]
        const values = found.filter(([, value]) => typeof value === 'string').map(written)
        const histograms = found.filter(([, value]) => typeof value !== 'string').map(written)
        const row = {
          metric,
          ...(values.length > 0 && { values }),
          ...(histograms.length > 0 && { histograms }),
        }
        return found.length > 0 ? [row] : []
      })
  }
}

type Pick = (samples: StoredSeries['samples']) => StoredSeries['samples']

/** What is exactly at the beginning is left out. */
function rangeOf({ time = '0' }: Asked['params'], seconds: number): Pick {
  const toMs = Number(time) * 1000
  return (samples) => samples.filter(([at]) => at > toMs - seconds * 1000 && at <= toMs)
}

const STALE_AFTER_MS = 300_000

function stepsOf({ start = '0', end = '0', step = '1' }: Asked['params']): Pick {
  const [fromMs, toMs, stepMs] = [start, end, step].map((seconds) => Number(seconds) * 1000) as [
    number,
    number,
    number,
  ]
  const times = Array.from(
    { length: Math.floor((toMs - fromMs) / stepMs) + 1 },
    (_, i) => fromMs + i * stepMs,
  )
  return (samples) =>
    times.flatMap((time) => {
      const last = samples.findLast(([at]) => at <= time && at > time - STALE_AFTER_MS)
      return last === undefined ? [] : [[time, last[1]] as const]
    })
}

function matcherOf(selector: string): (metric: StoredSeries['metric']) => boolean {
  const matchers = [...selector.matchAll(/([a-z_]+)(=~|!~|=)("(?:[^"\\]|\\.)*")/gs)].map(
    ([, label = '', operator, value = '""']) => {
      const wanted = JSON.parse(value) as string
      const pattern = operator === '=' ? undefined : new RegExp(`^(?:${wanted})$`)
      return (metric: StoredSeries['metric']) =>
        pattern === undefined
          ? metric[label] === wanted
          : pattern.test(metric[label] ?? '') === (operator === '=~')
    },
  )
  return (metric) => matchers.every((matches) => matches(metric))
}

/** A counter of requests to a service with a sample each second, from a time on. */
export function counter(
  labels: Readonly<Record<string, string>>,
  fromMs: number,
  values: readonly (number | string)[],
): StoredSeries {
  const metric = {
    __name__: 'istio_requests_total',
    reporter: 'source',
    job: 'envoy',
    instance: 'a:15090',
    destination_service: SERVICE,
    ...labels,
  }
  return { metric, samples: values.map((value, index) => [fromMs + index * 1000, String(value)]) }
}

export const SERVICE = 'reviews.shop.svc.cluster.local'

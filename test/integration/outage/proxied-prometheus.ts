import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import axios from 'axios'

interface Row {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

interface Answer {
  readonly data?: { readonly result?: readonly Row[] }
}

/** What becomes of an answer of Prometheus. */
const REWRITES = {
  Plain: (rows: readonly Row[]) => rows,
  /** Every value is no number. */
  NotANumber: (rows: readonly Row[]) =>
    rows.map(({ metric, values }) => ({ metric, values: values.map(([at]) => [at, 'NaN']) })),
  /** As if two proxies had sent the requests: each series twice. */
  SeveralSeries: (rows: readonly Row[]) =>
    rows.flatMap((row) => [
      row,
      { ...row, metric: { ...row.metric, instance: `${row.metric['instance']}-2` } },
    ]),
  /** It knows no such series. */
  NoSeries: () => [],
} as const satisfies Record<string, (rows: readonly Row[]) => unknown>

export type Manner = keyof typeof REWRITES | 'Hangs'

/** Prometheus, whose answers a test may change. */
export class ProxiedPrometheus {
  readonly #upstream: string
  readonly #server: Server
  #manner: Manner = 'Plain'
  /** Queries since the manner was set last. */
  queries = 0

  /** @param upstream URL of the real one */
  constructor(upstream: string) {
    this.#upstream = upstream
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** Begins to listen; its URL. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** From now on it answers like this; what hangs goes on hanging. */
  answer(manner: Manner): void {
    this.#manner = manner
    this.queries = 0
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const manner = this.#manner
    this.queries += 1
    if (manner === 'Hangs') return
    const { status, data } = await axios.post<Answer>(
      `${this.#upstream}${request.url}`,
      await text(request),
      {
        headers: { 'content-type': request.headers['content-type'] },
        validateStatus: () => true,
      },
    )
    const rows = data.data?.result
    const body =
      rows === undefined ? data : { ...data, data: { ...data.data, result: REWRITES[manner](rows) } }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

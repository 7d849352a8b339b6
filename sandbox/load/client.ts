import { Agent, request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { Ending } from './recorder.ts'

/** Where and how requests are sent. */
export interface Target {
  /** Base address of the gateway, such as `http://127.0.0.1:8080`. */
  url: string
  /** The Host header. */
  host: string
  path: string
  /** Most connections, and so most requests, open at once. */
  connections: number
  /** Milliseconds without an answer after which a request counts as the client error TIMEOUT. */
  timeoutMs: number
}

/** Sends single requests over kept connections. */
export interface Client {
  send(ended: (ending: Ending) => void): void
  close(): void
}

const SAMPLED_BODY_CHARACTERS = 400

/** Makes a client for one target. */
export function createClient({ url, host, path, connections, timeoutMs }: Target): Client {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' })
  const options = { agent, hostname, port, path, headers: { host }, timeout: timeoutMs }
  return { send: (ended) => send(options, ended), close: () => agent.destroy() }
}

function send(options: RequestOptions, ended: (ending: Ending) => void): void {
  const start = performance.now()
  let open = true
  // A connection that breaks in mid-answer may tell both the request and the response.
  const end = (ending: Ending) => {
    if (open) ended(ending)
    open = false
  }
  const fail = (error: NodeJS.ErrnoException) => end(clientError(error, performance.now() - start))
  const outgoing = request(options, (response) => {
    const foreign = response.headers['x-demo-version'] === undefined
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => foreign && chunks.push(chunk))
    response.on('error', fail)
    response.on('end', () => end(answer(response, performance.now() - start, chunks)))
  })
  outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })))
  outgoing.on('error', fail)
  outgoing.end()
}

function clientError(error: NodeJS.ErrnoException, latencyMs: number): Ending {
  const code = error.code ?? error.name
  return { origin: 'client', version: null, status: null, code, latencyMs, body: error.message }
}

function answer(response: IncomingMessage, latencyMs: number, chunks: Buffer[]): Ending {
  const status = response.statusCode ?? null
  const version = response.headers['x-demo-version']
  if (typeof version === 'string') return { origin: 'app', version, status, code: null, latencyMs }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  const body = Buffer.concat(chunks).toString().slice(0, SAMPLED_BODY_CHARACTERS)
  return { origin: 'mesh', version: null, status, code: null, latencyMs, headers, body }
}

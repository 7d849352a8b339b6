import { createServer } from 'node:http'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { callDependency } from './dependency.ts'
import { drawDelay } from './delay.ts'
import type { Settings } from './settings.ts'

/** The demo app's HTTP server and the way to end it. */
export interface DemoServer {
  server: Server
  /** Stops accepting, answers what is open, and resolves when every connection is closed. */
  drain: () => Promise<void>
}

interface Answer {
  status: number
  headers?: Record<string, string>
  error?: string
}

const OK: Answer = { status: 200 }

/**
 * Makes the server; it does not listen yet. How it behaves may change from one request to the next. Every answer carries
 * `x-demo-version` and `x-demo-pod`, so whoever reads an answer without them knows that it was not the app's.
 */
export function createDemoServer(behaviour: () => Settings): DemoServer {
  const settings = behaviour()
  const readyAt = performance.now() + settings.START_DELAY_MS
  const state = { draining: false }
  const unused = new Set<Socket>()
  const write = writer(settings, state)
  const handle: RequestListener = (request, response) => {
    unused.delete(request.socket)
    if (request.url === '/healthz') return write(response, health(readyAt, state.draining))
    void answer(behaviour()).then((result) => write(response, result))
  }
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, handle)
  server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  const drain = async () => {
    state.draining = true
    await closed(server, unused)
  }
  return { server, drain }
}

function health(readyAt: number, draining: boolean): Answer {
  if (draining) return { status: 503, error: 'shutting down' }
  return performance.now() < readyAt ? { status: 503, error: 'starting' } : OK
}

async function answer(settings: Settings): Promise<Answer> {
  const delay = drawDelay(settings)
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  if (Math.random() < settings.ERROR_RATE)
    return { status: settings.ERROR_STATUS, error: 'the error that ERROR_RATE asks for' }
  if (!settings.DEPENDENCY || !settings.DEPENDENCY_URL) return OK
  const failure = await callDependency(settings.DEPENDENCY_URL, settings.DEPENDENCY)
  return failure ? withoutDependency(settings, `${settings.DEPENDENCY}: ${failure}`) : OK
}

function withoutDependency(settings: Settings, failure: string): Answer {
  const headers = { 'x-demo-dependency-failure': failure }
  if (settings.ON_DEPENDENCY_FAILURE === 'degrade') return { status: 200, headers }
  return { status: 502, headers, error: failure }
}

function writer(settings: Settings, state: { draining: boolean }) {
  const identity = { version: settings.VERSION, pod: settings.POD_NAME }
  const fixed = {
    'content-type': 'application/json',
    'x-demo-version': settings.VERSION,
    'x-demo-pod': settings.POD_NAME,
  }
  const okBody = `${JSON.stringify(identity)}\n`
  return (response: ServerResponse, result: Answer): void => {
    const body = result.error ? `${JSON.stringify({ ...identity, error: result.error })}\n` : okBody
    const closing = state.draining ? { connection: 'close' } : {}
    const length = { 'content-length': Buffer.byteLength(body) }
    response.writeHead(result.status, { ...fixed, ...length, ...result.headers, ...closing }).end(body)
  }
}

/** Node closes idle connections, but takes one that proxies opened in advance for a request that is to come. */
function closed(server: Server, unused: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of unused) socket.destroy()
  })
}

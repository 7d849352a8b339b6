import { createServer } from 'node:http'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import { callDependency } from './dependency.ts'
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
 * Makes the server; it does not listen yet. Every answer carries `x-demo-version` and `x-demo-pod`, so whoever
 * reads an answer without them knows that it was not the app's.
 */
export function createDemoServer(settings: Settings): DemoServer {
  const readyAt = performance.now() + settings.START_DELAY_MS
  const state = { draining: false }
  const write = writer(settings, state)
  const handle: RequestListener = (request, response) => {
    if (request.url === '/healthz') return write(response, health(readyAt, state.draining))
    void answer(settings).then((result) => write(response, result))
  }
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, handle)
  return { server, drain: () => drain(server, state) }
}

function health(readyAt: number, draining: boolean): Answer {
  if (draining) return { status: 503, error: 'shutting down' }
  return performance.now() < readyAt ? { status: 503, error: 'starting' } : OK
}

async function answer(settings: Settings): Promise<Answer> {
  const delay = settings.LATENCY_MS + (Math.random() < settings.SLOW_RATE ? settings.SLOW_MS : 0)
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  if (Math.random() < settings.ERROR_RATE) return { status: 500, error: 'the error that ERROR_RATE asks for' }
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

function drain(server: Server, state: { draining: boolean }): Promise<void> {
  state.draining = true
  return new Promise((resolve) => server.close(() => resolve()))
}

import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbePlan } from './pod-plan.ts'

/** Readiness as it stands, and how many probes in a row spoke for the opposite. */
export interface Readiness {
  ready: boolean
  against: number
}

const LISTEN_POLL_MS = 100
const LISTEN_TIMEOUT_MS = 1000

/** Readiness after one more probe: it changes when as many in a row disagree as the threshold says. */
export function afterProbe(now: Readiness, succeeded: boolean, plan: ProbePlan): Readiness {
  if (succeeded === now.ready) return { ready: now.ready, against: 0 }
  const against = now.against + 1
  const threshold = succeeded ? plan.successThreshold : plan.failureThreshold
  return against >= threshold ? { ready: succeeded, against: 0 } : { ready: now.ready, against }
}

/**
 * Watches the readiness of what listens on a port of 127.0.0.1, beginning with "not ready", until the signal aborts.
 * Without a plan it is ready as soon as it listens.
 * @param onChange told of each change; the next probe does not wait for it
 */
export async function watchReadiness(
  plan: ProbePlan | undefined,
  port: number,
  signal: AbortSignal,
  onChange: (ready: boolean) => void,
): Promise<void> {
  try {
    if (plan) await probeForever(plan, port, signal, onChange)
    else await waitUntilListening(port, signal, onChange)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function probeForever(
  plan: ProbePlan,
  port: number,
  signal: AbortSignal,
  onChange: (ready: boolean) => void,
): Promise<void> {
  let now: Readiness = { ready: false, against: 0 }
  await sleep(plan.initialDelayMs, undefined, { signal })
  for (;;) {
    const next = afterProbe(now, await probe(plan, port), plan)
    signal.throwIfAborted()
    if (next.ready !== now.ready) onChange(next.ready)
    now = next
    await sleep(plan.periodMs, undefined, { signal })
  }
}

async function waitUntilListening(
  port: number,
  signal: AbortSignal,
  onChange: (ready: boolean) => void,
): Promise<void> {
  while (!(await listens('127.0.0.1', port))) await sleep(LISTEN_POLL_MS, undefined, { signal })
  signal.throwIfAborted()
  onChange(true)
}

function probe(plan: ProbePlan, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: plan.path,
      agent: false,
      timeout: plan.timeoutMs,
    } as const
    const request = get(options, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status >= 200 && status < 400)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}

/** Whether something accepts connections there. */
export function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LISTEN_TIMEOUT_MS }, () => resolve(true))
    socket.on('connect', () => socket.destroy())
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

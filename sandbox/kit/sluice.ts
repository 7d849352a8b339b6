import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import axios from 'axios'
import { projectRoot } from '../env.ts'
import type { SandboxEnv } from '../env.ts'
import { freePort, signalProcess, spawnRecorded, stopRecorded } from '../supervise/index.ts'
import type { Exit } from '../supervise/index.ts'
import { until } from '../until.ts'

/** How to start Sluice in the sandbox. */
export interface SluiceOptions {
  /** Name of the process and of its log; several may run at once. */
  readonly name?: string
  /** Settings beyond those that the sandbox gives, as environment variables. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where health and metrics are served on 127.0.0.1; default: a free port. */
  readonly port?: number
}

/** A Sluice process in the sandbox. */
export interface SluiceProcess {
  readonly pid: number
  /** Base URL of health and metrics. */
  readonly url: string
  readonly logFile: string
  /** How it ended, once it has. */
  readonly exited: Promise<Exit>
  /** Resolves when it is ready, as /readyz says. Throws when that takes more than a minute, or it ended. */
  ready(): Promise<void>
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
}

const READY_WITHIN_MS = 60_000
const GRACE_MS = 15_000

/** Starts controller, worker and server against a sandbox. */
export async function startSluice(env: SandboxEnv, options: SluiceOptions = {}): Promise<SluiceProcess> {
  const { name = 'sluice', settings = {}, port = await freePort() } = options
  const url = `http://127.0.0.1:${port}`
  const logFile = join(env.state, 'logs', `${name}.log`)
  const child = await spawnRecorded({
    name,
    command: process.execPath,
    args: [join(projectRoot, 'src/main/sluice.ts'), 'run'],
    env: { ...settingsOf(env), SLUICE_LISTEN: `127.0.0.1:${port}`, ...settings },
    logFile,
    stateDir: env.state,
    owner: 'sluice',
  })
  const ended = new AbortController()
  void child.exited.then(() => ended.abort(new Error(`${name} has ended; see ${logFile}`)))
  return {
    pid: child.pid,
    url,
    logFile,
    exited: child.exited,
    ready: async () => {
      await until(async () => axios.get(`${url}/readyz`, { timeout: 2_000 }), READY_WITHIN_MS, ended.signal)
    },
    kill: async () => {
      signalProcess(child, 'SIGKILL')
      await child.exited
    },
    stop: async () => {
      await stopRecorded(env.state, name, { graceMs: GRACE_MS })
    },
  }
}

/** Settings of `sluice run` for a sandbox. */
function settingsOf(env: SandboxEnv): Record<string, string> {
  return {
    KUBECONFIG: env.kubeconfig,
    SLUICE_TEMPORAL_ADDRESS: env.temporal,
    SLUICE_PROMETHEUS_URL: env.prometheus,
    SLUICE_ENVOY_ADMIN: env.envoyAdmin,
  }
}

/** Waits until a condition holds; asks again and again. Throws after `withinMs` with what was seen last. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(50)
  }
}

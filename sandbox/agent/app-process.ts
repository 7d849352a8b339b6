import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { V1ContainerStateTerminated } from '@kubernetes/client-node'
import { settingNames } from '../demo-app/settings.ts'
import { behaviourFile } from '../env.ts'
import { spawnRecorded, stopRecorded } from '../supervise/index.ts'
import type { Exit } from '../supervise/index.ts'
import { OWNER } from './context.ts'
import type { PodPlan } from './pod-plan.ts'

/** A container's process under way. */
export interface AppProcess {
  startedAt: Date
  /** Resolves when the process ends, for whatever reason. */
  ended: Promise<V1ContainerStateTerminated>
}

/** Which process to start. */
export interface AppOptions {
  /** Names the process's record and its log file. */
  podKey: string
  stateDir: string
  plan: PodPlan
  port: number
  podName: string
  namespace: string
  dependencyUrl?: string
}

const program = fileURLToPath(new URL('../demo-app/main.ts', import.meta.url))
const MESSAGE_BYTES = 1000

/**
 * Starts the demo app for a pod.
 * @throws the operating system's error when the process can't be started
 */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  const { podKey, stateDir } = options
  const logFile = join(stateDir, 'logs', 'pods', `${podKey}.log`)
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  const { exited } = await spawnRecorded({
    name: recordName(podKey),
    command: process.execPath,
    // Many of them run side by side: a small nursery costs nothing at this load and saves 10 MB each.
    args: ['--max-semi-space-size=1', program],
    env: environmentOf(options),
    logFile,
    stateDir,
    owner: OWNER,
  })
  const startedAt = new Date()
  return { startedAt, ended: exited.then((exit) => terminated(exit, startedAt, tail(logFile, logStart))) }
}

/** Ends the process of a pod, if it has one: SIGTERM, and SIGKILL after `graceMs` milliseconds. */
export async function stopApp(stateDir: string, podKey: string, graceMs: number): Promise<void> {
  await stopRecorded(stateDir, recordName(podKey), { graceMs })
}

/** The name under which a pod's process is recorded. */
export function recordName(podKey: string): string {
  return `pod.${podKey}`
}

/** The environment of a pod's app. Empty counts as absent to it: what this process happens to have must not reach it. */
export function environmentOf({
  port,
  podName,
  namespace,
  dependencyUrl,
  stateDir,
  plan,
}: AppOptions): Record<string, string> {
  return {
    ...Object.fromEntries(settingNames.map((name) => [name, ''])),
    POD_NAME: podName,
    ...plan.env,
    ...(dependencyUrl ? { DEPENDENCY_URL: dependencyUrl } : {}),
    PORT: String(port),
    BEHAVIOUR_FILE: behaviourFile(stateDir, namespace),
    NODE_COMPILE_CACHE: join(stateDir, 'compile-cache'),
  }
}

function terminated({ code, signal }: Exit, startedAt: Date, message: string): V1ContainerStateTerminated {
  const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
  const reason = exitCode === 0 ? 'Completed' : 'Error'
  const detail = exitCode === 0 || message === '' ? {} : { message }
  return { exitCode, reason, startedAt, finishedAt: new Date(), ...detail }
}

// The end of what this run wrote: the reason why it ended, where kubectl describe shows it.
function tail(logFile: string, runStart: number): string {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  const from = Math.max(size < runStart ? 0 : runStart, size - MESSAGE_BYTES)
  if (size === from) return ''
  const buffer = Buffer.alloc(size - from)
  const file = openSync(logFile, 'r')
  try {
    const length = readSync(file, buffer, 0, buffer.length, from)
    return buffer.toString('utf8', 0, length).trim()
  } finally {
    closeSync(file)
  }
}

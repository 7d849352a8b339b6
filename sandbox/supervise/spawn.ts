import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { identify } from './process-identity.ts'
import { type ProcessRecord, removeRecord, writeRecord } from './records.ts'
import { markerOf, markerVariable } from './strays.ts'

export interface SpawnOptions {
  /** File name of the record, so letters, digits, dots and dashes only. */
  name: string
  command: string
  args: string[]
  /** Added to the environment of this process. */
  env?: Record<string, string>
  cwd?: string
  /** stdout and stderr are appended here. */
  logFile: string
  stateDir: string
  /** The part that answers for this process: it is ended before its owner is started anew. */
  owner?: string
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RecordedProcess extends ProcessRecord {
  /** Resolves when the process ends, as long as the process that spawned it lives. */
  exited: Promise<Exit>
}

const largestLogBytes = 16 * 1024 * 1024

/**
 * Starts a process that outlives this one, in a process group of its own, and records it under `<stateDir>/pids`.
 * @throws the operating system's error when the program can't be started.
 */
export async function spawnRecorded(options: SpawnOptions): Promise<RecordedProcess> {
  const child = spawnDetached(options)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const record = recordOf(child, options)
  if (record) writeRecord(options.stateDir, record)
  else removeRecord(options.stateDir, options.name)
  await once(child, 'spawn')
  child.unref()
  return { ...(record ?? endedAtOnce(child, options)), exited }
}

function spawnDetached(options: SpawnOptions): ChildProcess {
  const { command, args, env, cwd, logFile } = options
  const log = openLog(logFile)
  try {
    return spawn(command, args, {
      env: { ...process.env, ...env, [markerVariable]: markerOf(options) },
      stdio: ['ignore', log, log],
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    })
  } finally {
    closeSync(log)
  }
}

function recordOf(child: ChildProcess, options: SpawnOptions): ProcessRecord | undefined {
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity) return undefined
  const { name, command, args, logFile, owner } = options
  const startedAt = new Date().toISOString()
  return { name, ...identity, startedAt, command, args, logFile, ...(owner === undefined ? {} : { owner }) }
}

// It ended before the operating system could be asked about it: a start that no process can have.
function endedAtOnce(child: ChildProcess, options: SpawnOptions): ProcessRecord {
  const { name, command, args, logFile } = options
  return {
    name,
    pid: child.pid ?? 0,
    startId: 'ended',
    startedAt: new Date().toISOString(),
    command,
    args,
    logFile,
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a')
}

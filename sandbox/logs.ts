import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { stateDirectory } from './env.ts'
import { logsFolder } from './parts/part.ts'

export interface LogsOptions {
  /** Folder of the sandbox; default: SLUICE_SANDBOX, else `.sandbox` in the project. */
  state?: string
  /** The last so many lines; default: all. */
  lines?: number
  /** Go on with what is appended, until the process is told to end. */
  follow?: boolean
}

interface Log {
  name: string
  path: string
}

/**
 * Prints the log of a process, under the name that `status` has for it. The logs of a sandbox outlive it.
 * @throws Error with all names when there is no such log
 */
export async function printLog(
  name: string,
  { state, lines, follow = false }: LogsOptions = {},
): Promise<void> {
  const { path } = logNamed(stateDirectory(state), name)
  const args = ['-n', lines === undefined ? '+1' : String(lines), ...(follow ? ['-F'] : []), '--', path]
  const tail = spawn('tail', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const end = () => tail.kill()
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  await once(tail, 'close')
}

/**
 * The names of all logs of a sandbox, sorted.
 * @throws Error when there are none
 */
export function logNames(state?: string): string[] {
  const folder = stateDirectory(state)
  const names = logsOf(folder).map(({ name }) => name)
  if (names.length > 0) return names.toSorted()
  throw new Error(`there are no logs in ${folder}: start a sandbox with "npm run sandbox -- up"`)
}

function logNamed(state: string, name: string): Log {
  const names = logNames(state)
  const log = logsOf(state).find((candidate) => candidate.name === name)
  if (log) return log
  throw new Error(`there is no log "${name}"; the logs are\n  ${names.join('\n  ')}`)
}

function logsOf(state: string): Log[] {
  const folder = logsFolder(state)
  const pods = join(folder, 'pods')
  const ofParts = namesIn(folder).map((name) => ({ name, path: join(folder, `${name}.log`) }))
  const ofPods = namesIn(pods).map((name) => ({ name: podProcess(name), path: join(pods, `${name}.log`) }))
  return [...ofParts, ...ofPods]
}

/** The name of a pod's process, from that of its log file. */
function podProcess(file: string): string {
  return file.endsWith('.envoy') ? `sidecar.${file.slice(0, -'.envoy'.length)}` : `pod.${file}`
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.log'))
  return files.map((file) => file.slice(0, -'.log'.length))
}

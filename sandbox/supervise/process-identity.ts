import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A process that can't be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  pid: number
  /** When the process started, as the operating system tells it. Compared, never interpreted. */
  startId: string
}

const hasProc = existsSync('/proc/self/stat')

/**
 * Says which process has this pid now.
 * @returns undefined when there is none, or only a zombie that its parent has not collected yet.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  const startId = hasProc ? startFromProc(pid) : startFromPs(pid)
  return startId === undefined ? undefined : { pid, startId }
}

/** Whether exactly this process still runs; a recycled pid counts as dead. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startId === identity.startId
}

/** The start of a process from the text of /proc/PID/stat; undefined for a zombie. */
export function parseProcStat(stat: string, bootId: string): string | undefined {
  // The command name stands in parentheses and may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTicks = fields[19]
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined
  // Ticks count from the start of the machine: without its id a process of an earlier boot could match.
  return `${bootId}:${startTicks}`
}

function startFromProc(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  return parseProcStat(stat, readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '')
}

function startFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
  } catch {
    return undefined // ps exits with 1 when there is no such process
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // the process ended meanwhile
  }
}

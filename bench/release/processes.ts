import { readFileSync } from 'node:fs'
import { listRecords } from '../../sandbox/supervise/index.ts'

/** A process and what it is part of. */
export interface Watched {
  readonly pid: number
  /** Such as `etcd`, `sluice` or `pods`. */
  readonly group: string
}

/** What a process has used so far. */
export interface Usage {
  /** Processor time, user and system, in seconds. */
  readonly cpuSeconds: number
  /** Resident memory in bytes; pages that several processes share count for each. */
  readonly residentBytes: number
}

/** All processes of a sandbox; the demo's pods as one group, and this process as another. */
export function watchedProcesses(state: string): Watched[] {
  const recorded = listRecords(state).map(({ pid, name }) => ({
    pid,
    group: name.startsWith('pod.') ? 'pods' : name,
  }))
  return [...recorded, { pid: process.pid, group: 'bench' }]
}

/** What a process has used so far; undefined when it is gone. Needs Linux' /proc. */
export function usageOf(pid: number): Usage | undefined {
  try {
    return {
      cpuSeconds: cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      residentBytes: residentBytesIn(readFileSync(`/proc/${pid}/status`, 'utf8')),
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** Linux counts a process' time in hundredths of a second, on every architecture. */
const TICKS_PER_SECOND = 100
/** Places of utime and stime after the name. */
const UTIME = 11
const STIME = 12

/** User and system time in the text of /proc/PID/stat. */
export function cpuSecondsIn(stat: string): number {
  // The name stands in parentheses and may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND
}

/** Resident memory in the text of /proc/PID/status; 0 for a process that has none any more. */
export function residentBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}

import { execFileSync } from 'node:child_process'

/** Resident memory of a process in bytes; undefined when there is no such process. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
    return Number(kibibytes) * 1024
  } catch {
    return undefined // ps is not installed, or the process ended
  }
}

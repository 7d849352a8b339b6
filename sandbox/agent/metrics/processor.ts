import { readFileSync } from 'node:fs'

/** What a process has used, read at a moment. */
export interface Reading {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Processor time since the start of the process (milliseconds). */
  readonly usedMs: number
}

/** What a process uses, over the time between two readings. */
export interface Usage {
  /** Processors, 1 for a whole one. */
  readonly cores: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly windowMs: number
}

/** Shorter windows tell little: the kernel counts in ticks of 10 ms. */
const SHORTEST_MS = 1000
/** Longer ones tell of what is over. */
const LONGEST_MS = 15_000
const TICK_MS = 10

/** Remembers readings for as long as somebody asks, so that each answer tells of the time just before it. */
export class Processor {
  readonly #readings = new Map<string, Reading[]>()

  /**
   * Adds a reading of a process and says what it uses.
   * @param process tells it from all others, also from a later one with the same pid
   * @returns undefined when nothing is known of the time before
   */
  usage(process: string, now: Reading): Usage | undefined {
    const past = (this.#readings.get(process) ?? []).filter(({ at }) => now.at - at <= LONGEST_MS)
    this.#readings.set(process, [...past, now])
    const base = past.findLast(({ at }) => now.at - at >= SHORTEST_MS)
    if (base === undefined) return undefined
    const windowMs = now.at - base.at
    return { cores: (now.usedMs - base.usedMs) / windowMs, at: now.at, windowMs }
  }

  /** Forgets processes that nobody asked for lately. */
  forget(now: number): void {
    for (const [process, readings] of this.#readings)
      if (now - (readings.at(-1)?.at ?? 0) > LONGEST_MS) this.#readings.delete(process)
  }
}

/** Processor time of a running process so far; undefined when it has ended, or where there is no /proc. */
export function readProcessor(pid: number, now: number): Reading | undefined {
  try {
    return { at: now, usedMs: usedMs(readFileSync(`/proc/${pid}/stat`, 'utf8')) }
  } catch {
    return undefined
  }
}

/** Resident memory of a running process in bytes; 0 when it has ended. */
export function residentMemory(pid: number): number {
  try {
    const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kibibytes) * 1024
  } catch {
    return 0
  }
}

/** User and system time (milliseconds) in the text of /proc/PID/stat. */
export function usedMs(stat: string): number {
  // The command name stands in parentheses and may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

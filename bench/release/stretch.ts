import { usageOf } from './processes.ts'
import type { Usage, Watched } from './processes.ts'

const EVERY_MS = 1_000

/** What a group of processes used over a stretch of time. */
export interface GroupUsage {
  readonly cpuSeconds: number
  /** Largest sum of resident memory that was seen, in bytes. */
  readonly residentBytes: number
}

/** A stretch of time. */
export interface Stretch {
  readonly seconds: number
  readonly groups: ReadonlyMap<string, GroupUsage>
}

/** Measures what processes use while some work is done; asked every second and at both ends. */
export async function measureStretch(
  processes: readonly Watched[],
  work: () => Promise<void>,
): Promise<Stretch> {
  const meter = new Meter(processes)
  const timer = setInterval(() => meter.read(), EVERY_MS)
  const startedAt = performance.now()
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  meter.read()
  return { seconds: (performance.now() - startedAt) / 1000, groups: meter.groups() }
}

/** Adds up readings. A process that ends is counted up to the last time it was seen. */
class Meter {
  readonly #processes: readonly Watched[]
  readonly #first = new Map<number, number>()
  readonly #last = new Map<number, number>()
  readonly #largest = new Map<string, number>()

  constructor(processes: readonly Watched[]) {
    this.#processes = processes
    this.read()
  }

  read(): void {
    const resident = new Map<string, number>()
    for (const { pid, group } of this.#processes) {
      const usage = usageOf(pid)
      if (usage === undefined) continue
      this.#note(pid, usage)
      resident.set(group, (resident.get(group) ?? 0) + usage.residentBytes)
    }
    for (const [group, bytes] of resident) {
      this.#largest.set(group, Math.max(bytes, this.#largest.get(group) ?? 0))
    }
  }

  groups(): Map<string, GroupUsage> {
    const names = new Set(this.#processes.map(({ group }) => group))
    return new Map(
      [...names].map((name) => [
        name,
        { cpuSeconds: this.#cpuOf(name), residentBytes: this.#largest.get(name) ?? 0 },
      ]),
    )
  }

  #note(pid: number, { cpuSeconds }: Usage): void {
    if (!this.#first.has(pid)) this.#first.set(pid, cpuSeconds)
    this.#last.set(pid, cpuSeconds)
  }

  #cpuOf(name: string): number {
    return this.#processes
      .filter(({ group }) => group === name)
      .reduce((total, { pid }) => total + (this.#last.get(pid) ?? 0) - (this.#first.get(pid) ?? 0), 0)
  }
}

/**
 * Processor seconds of a group for one release: what the group used beyond its share when nothing happens.
 * @param idle stretch without releases, of any length
 */
export function cpuPerRelease(group: string, busy: Stretch, idle: Stretch, releases: number): number {
  const used = busy.groups.get(group)?.cpuSeconds ?? 0
  const rate = (idle.groups.get(group)?.cpuSeconds ?? 0) / idle.seconds
  return (used - rate * busy.seconds) / releases
}

import type { SandboxEnv } from '../sandbox/env.ts'
import { table } from '../sandbox/load/format.ts'
import type { Task } from '../sandbox/progress.ts'

/** Something that can be measured. */
export interface Benchmark {
  readonly name: string
  readonly about: string
  run(site: Site, extent: Extent): Promise<Outcome>
}

/** Where a benchmark runs. */
export interface Site {
  /** Starts a sandbox that nobody else uses. */
  readonly sandbox: () => Promise<SandboxEnv>
  /** Is told how far it is. */
  readonly task: Task
}

/** How much is measured. */
export interface Extent {
  /** Rollbacks of `reaction`. */
  readonly runs: number
  /**
   * Releases at once in each round of `release`, ascending. The last is also the number of each kind of `verdicts`, and of
   * those that wait in `guard`, and of the probes of `faults`. Undefined: what each takes by itself.
   */
  readonly releases: readonly number[] | undefined
  /** Most releases under way of `release`. */
  readonly most: number
  /** Kills of `release`. */
  readonly kills: number
  /** Requests a second of `availability`. */
  readonly rate: number
  /** Observed steps at once in each round of `sampling`, ascending. */
  readonly observed: readonly number[]
  /** Length of the idle time that `release` compares with, in seconds. */
  readonly idleSeconds: number
  /** Simulated releases of each kind of traffic of `analysis`. */
  readonly simulations: number
}

/** What a benchmark found. */
export interface Outcome {
  readonly tables: readonly Table[]
  /** The same for programs. */
  readonly figures: Readonly<Record<string, unknown>>
  /** What went wrong, one line each: not what was slow, but what must never happen. */
  readonly wrong: readonly string[]
}

/** A table for people. */
export interface Table {
  readonly title: string
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What to know when reading it, one line each. */
  readonly remarks?: readonly string[]
}

/** A table as text. */
export function tableText({ title, headings, rows, remarks = [] }: Table): string {
  const body = table(
    [...headings],
    rows.map((row) => [...row]),
  )
  return [title, '', body, ...(remarks.length > 0 ? ['', ...remarks] : [])].join('\n')
}

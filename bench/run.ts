import { down } from '../sandbox/down.ts'
import type { Progress } from '../sandbox/progress.ts'
import { up } from '../sandbox/up.ts'
import type { Benchmark, Extent, Outcome, Site } from './benchmark.ts'

/** Where sandboxes may be started, and what becomes of the last. */
interface Ground {
  readonly state: string
  readonly progress: Progress
  readonly keep: boolean
}

/** What benchmarks found, by name. */
export type Outcomes = ReadonlyMap<string, Outcome>

/**
 * Runs benchmarks one after the other. What failed is part of its outcome, and the others follow.
 * @param tell is told after each what there is so far
 * @throws whatever `tell` throws
 */
export async function runAll(
  benchmarks: readonly Benchmark[],
  extent: Extent,
  ground: Ground,
  tell: (latest: Outcome, all: Outcomes) => void,
): Promise<Outcomes> {
  const outcomes = new Map<string, Outcome>()
  for (const benchmark of benchmarks) {
    const keep = ground.keep && benchmark === benchmarks.at(-1)
    const outcome = await runInSandbox(benchmark, extent, { ...ground, keep })
    outcomes.set(benchmark.name, outcome)
    tell(outcome, outcomes)
  }
  return outcomes
}

/** Runs a benchmark; the sandbox that it asks for is started anew and taken down after it. */
async function runInSandbox(benchmark: Benchmark, extent: Extent, ground: Ground): Promise<Outcome> {
  const { state, progress, keep } = ground
  let used = false
  const sandbox = async () => {
    used = true
    await down({ state })
    return up({ state, progress })
  }
  const outcome = await measure(benchmark, extent, { sandbox, task: progress.task(benchmark.name) })
  if (used && keep) progress.line(`the sandbox stays up: npm run sandbox -- status --state ${state}`)
  if (!used || keep) return outcome
  try {
    await down({ state })
    return outcome
  } catch (error) {
    return { ...outcome, wrong: [...outcome.wrong, `the sandbox was not taken down: ${messageOf(error)}`] }
  }
}

async function measure(benchmark: Benchmark, extent: Extent, site: Site): Promise<Outcome> {
  try {
    const outcome = await benchmark.run(site, extent)
    site.task.done('measured')
    return outcome
  } catch (error) {
    site.task.fail('failed')
    return { tables: [], figures: {}, wrong: [messageOf(error)] }
  }
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  // Such as that no address of a host answered; it has no message of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

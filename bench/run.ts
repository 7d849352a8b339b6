import { down } from '../sandbox/down.ts'
import type { Progress } from '../sandbox/progress.ts'
import { up } from '../sandbox/up.ts'
import type { Benchmark, Extent, Outcome } from './benchmark.ts'

/** Where a sandbox may be started, and what becomes of it. */
interface Ground {
  readonly state: string
  readonly progress: Progress
  readonly keep: boolean
}

/** Runs a benchmark; the sandbox that it asks for is started anew and taken down after it. */
export async function runInSandbox(benchmark: Benchmark, extent: Extent, ground: Ground): Promise<Outcome> {
  const { state, progress, keep } = ground
  const task = progress.task(benchmark.name)
  let used = false
  const sandbox = async () => {
    used = true
    await down({ state })
    return up({ state, progress })
  }
  try {
    const outcome = await benchmark.run({ sandbox, task }, extent)
    task.done('measured')
    return outcome
  } catch (error) {
    task.fail('failed')
    throw error
  } finally {
    if (used && keep) progress.line(`the sandbox stays up: npm run sandbox -- status --state ${state}`)
    else if (used) await down({ state })
  }
}

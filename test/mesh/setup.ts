import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { down } from '../../sandbox/down.ts'
import { readEnv } from '../../sandbox/env.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { createProgress } from '../../sandbox/progress.ts'
import { runningProcesses } from '../../sandbox/supervise/index.ts'
import { up } from '../../sandbox/up.ts'
import { newStateFolder, removeAbandoned } from '../../scripts/test/sandboxes.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly sandbox: SandboxEnv
  }
}

/**
 * Gives the tests a sandbox: a running one that SLUICE_SANDBOX names, which is left as it is, or a new one for this run.
 * Vitest calls the returned function at the end.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['SLUICE_SANDBOX'] !== undefined) {
    project.provide('sandbox', readEnv())
    return undefined
  }
  const progress = createProgress(process.stderr)
  await removeAbandoned(progress)
  const state = newStateFolder()
  try {
    project.provide('sandbox', await up({ state, progress }))
  } catch (error) {
    await down({ state, progress })
    throw error
  }
  return async () => {
    await down({ state, progress })
    progress.close()
    expectNothingRuns(state)
    // The logs are for those who look for the reason of a failure; the next run removes them.
    if (project.vitest.state.getCountOfFailedTests() === 0) rmSync(state, { recursive: true })
  }
}

/** Every run shows that "down" leaves nothing running. Vitest fails a run whose teardown throws. */
function expectNothingRuns(state: string): void {
  const left = runningProcesses(state).map(({ pid, name = 'without a record' }) => `${pid} (${name})`)
  if (left.length > 0) throw new Error(`"down" left processes of ${state}: ${left.join(', ')}`)
}

import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { down } from '../../sandbox/down.ts'
import { readEnv } from '../../sandbox/env.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { createProgress } from '../../sandbox/progress.ts'
import { runningProcesses } from '../../sandbox/supervise/index.ts'
import { up } from '../../sandbox/up.ts'
import { newStateFolder, removeAbandoned } from '../../scripts/test/sandboxes.ts'

/**
 * Gives each worker of a project a sandbox: a running one that SLUICE_SANDBOX names, which is left as it is, or new ones
 * for this run. Vitest calls the returned function at the end.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['SLUICE_SANDBOX'] !== undefined) {
    project.provide('sandboxes', [readEnv()])
    return undefined
  }
  const progress = createProgress(process.stderr)
  await removeAbandoned(progress)
  const states = Array.from({ length: project.config.maxWorkers }, newStateFolder)
  const downAll = async () => {
    for (const state of states) await down({ state, progress })
  }
  try {
    const sandboxes: SandboxEnv[] = []
    for (const state of states) sandboxes.push(await up({ state, progress }))
    project.provide('sandboxes', sandboxes)
  } catch (error) {
    await downAll()
    throw error
  }
  return async () => {
    await downAll()
    progress.close()
    for (const state of states) expectNothingRuns(state)
    // The logs are for those who look for the reason of a failure; the next run removes them.
    if (project.vitest.state.getCountOfFailedTests() === 0)
      for (const state of states) rmSync(state, { recursive: true })
  }
}

/** Every run shows that "down" leaves nothing running. Vitest fails a run whose teardown throws. */
function expectNothingRuns(state: string): void {
  const left = runningProcesses(state).map(({ pid, name = 'without a record' }) => `${pid} (${name})`)
  if (left.length > 0) throw new Error(`"down" left processes of ${state}: ${left.join(', ')}`)
}

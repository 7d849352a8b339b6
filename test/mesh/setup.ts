import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { down } from '../../sandbox/down.ts'
import { readEnv } from '../../sandbox/env.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { createProgress } from '../../sandbox/progress.ts'
import type { Progress } from '../../sandbox/progress.ts'
import { up } from '../../sandbox/up.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly sandbox: SandboxEnv
  }
}

const PREFIX = 'sluice-mesh-'

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
  const state = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  try {
    project.provide('sandbox', await up({ state, progress }))
  } catch (error) {
    await down({ state, progress })
    throw error
  }
  return async () => {
    await down({ state, progress })
    // Without a failure nobody needs the logs.
    if (project.vitest.state.getCountOfFailedTests() === 0) rmSync(state, { recursive: true })
    progress.close()
  }
}

// A run that was killed could not end its sandbox; its number in the name tells that it is gone.
async function removeAbandoned(progress: Progress): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isRunning(Number(owner))) continue
    const state = join(tmpdir(), name)
    await down({ state, progress })
    rmSync(state, { recursive: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

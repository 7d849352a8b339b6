import type { TestProject } from 'vitest/node'
import { createProgress } from '../../sandbox/progress.ts'
import { startTemporal } from './kit/server.ts'
import type { Temporal } from './kit/server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly temporal: Temporal
  }
}

/** Gives all workflow tests one Temporal server and one bundle. Vitest calls the returned function at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = createProgress(process.stderr)
  const temporal = await startTemporal(progress)
  progress.close()
  const { address, bundle } = temporal
  project.provide('temporal', { address, bundle })
  return async () => temporal.stop()
}

import { inject } from 'vitest'
import type { SandboxEnv } from '../../sandbox/env.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly sandboxes: readonly SandboxEnv[]
  }
}

/** The sandbox in which this process runs its tests: no other has it at the same time. */
export function workerSandbox(): SandboxEnv {
  const all = inject('sandboxes')
  const worker = Number(process.env['VITEST_POOL_ID'])
  const own = all[(worker - 1) % all.length]
  if (own === undefined) throw new Error(`there is no sandbox for worker ${worker} of vitest`)
  return own
}

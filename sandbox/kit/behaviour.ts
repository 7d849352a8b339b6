import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Behaviour } from '../demo-app/behaviour.ts'
import { behaviourFile } from '../env.ts'
import type { SandboxEnv } from '../env.ts'

export type { Behaviour } from '../demo-app/behaviour.ts'

/**
 * Changes how the demo apps of a namespace behave, those that run now included: an incident for all, or a single bad pod.
 * They see it within 100 ms. Without a behaviour they are again as their Deployments say.
 */
export function behave(env: Pick<SandboxEnv, 'state'>, namespace: string, behaviour?: Behaviour): void {
  const file = behaviourFile(env.state, namespace)
  if (behaviour === undefined) return rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  // Nobody must read half a file.
  writeFileSync(`${file}.tmp`, JSON.stringify(behaviour))
  renameSync(`${file}.tmp`, file)
}

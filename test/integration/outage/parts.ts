import { killPart, restartPart } from '../../../sandbox/control.ts'
import type { SandboxEnv } from '../../../sandbox/env.ts'

/** A part of the sandbox that is away for a while. */
export interface Outage {
  /** Brings the part back; a second call does nothing. */
  end(): Promise<void>
}

/** Kills a part of the sandbox. Other tests need it: end the outage in any case. */
export async function outageOf(env: SandboxEnv, part: 'temporal' | 'prometheus'): Promise<Outage> {
  await killPart(part, 'SIGKILL', env.state)
  let over = false
  return {
    end: async () => {
      if (over) return
      over = true
      await restartPart(part, env.state)
    },
  }
}

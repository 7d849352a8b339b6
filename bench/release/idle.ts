import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiRequest } from '../kit/audit.ts'
import type { Lab } from '../kit/lab.ts'
import { ofSluice } from '../kit/quiet.ts'
import { watchedProcesses } from './processes.ts'
import { measureStretch } from './stretch.ts'
import type { Stretch } from './stretch.ts'

/** A time without releases. */
export interface Idle {
  readonly stretch: Stretch
  /** Sluice's requests to the API server in it. */
  readonly requests: readonly ApiRequest[]
}

/** Measures while nothing is released. */
export async function idleFor({ env, audit }: Lab, seconds: number): Promise<Idle> {
  const mark = audit.mark()
  const stretch = await measureStretch(watchedProcesses(env.state), async () => sleep(seconds * 1000))
  return { stretch, requests: ofSluice(audit.since(mark)) }
}

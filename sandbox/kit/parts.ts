import { killPart, restartPart } from '../control.ts'
import type { SandboxEnv } from '../env.ts'
import type { PartName } from '../parts/part.ts'
import { freePort } from '../supervise/index.ts'
import { startSluice } from './sluice.ts'
import type { SluiceOptions, SluiceProcess } from './sluice.ts'

/** Something in a sandbox that can be killed and brought back. */
export interface Mortal {
  readonly name: string
  /** As `kill -9`; resolves when it is dead. */
  kill(): Promise<void>
  /** Brings it back with the same ports, settings and data; resolves when it is healthy. */
  start(): Promise<void>
}

/** A part of the sandbox. */
export function partOf(env: SandboxEnv, name: PartName): Mortal {
  return {
    name,
    kill: () => killPart(name, 'SIGKILL', env.state),
    start: () => restartPart(name, env.state),
  }
}

/** Sluice in the sandbox, one process after the other. */
export interface MortalSluice extends Mortal {
  /** Base URL of health and metrics, the same for all of them. */
  readonly url: string
  /** Ends it in order. */
  stop(): Promise<void>
}

/** Starts Sluice as a process that can be killed and brought back; resolves when it is ready. */
export async function mortalSluice(
  env: SandboxEnv,
  options: SluiceOptions & { readonly name: string },
): Promise<MortalSluice> {
  const port = await freePort()
  let current: SluiceProcess = await startSluice(env, { ...options, port })
  await current.ready()
  return {
    name: options.name,
    url: current.url,
    kill: () => current.kill(),
    start: async () => {
      current = await startSluice(env, { ...options, port })
      await current.ready()
    },
    stop: () => current.stop(),
  }
}

/** The time for which something is away. */
export interface Outage {
  /** Brings it back; a second call does nothing. */
  end(): Promise<void>
}

/** Kills something that others need: end the outage in any case. */
export async function outageOf(mortal: Mortal): Promise<Outage> {
  await mortal.kill()
  let over = false
  return {
    end: async () => {
      if (over) return
      over = true
      await mortal.start()
    },
  }
}

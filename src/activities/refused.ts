import { durationText } from '../api/quantities.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { RefusedError } from '../ports.ts'
import type { MeshRef, Ports } from '../ports.ts'
import type { Applied } from './apply.ts'
import { writeStatus } from './perform.ts'

/** An API server that has just begun refuses what it allows a moment later (milliseconds). */
const REFUSED_MS = 60_000

/**
 * Since when writes of actions are refused, as far as this process knows: an action may have waited for long before its
 * first write, so its age tells nothing. A worker that begins anew waits for another minute.
 */
export class Refusals {
  /** By uid of the Rollout, and what is written. */
  readonly #since = new Map<string, { readonly seq: number; readonly at: number }>()

  /**
   * What became of a write, or the end of a release whose write is refused for long: by rights, a
   * policy, or a schema. Throws what the write throws, to be tried again.
   */
  async unless(
    ports: Ports,
    state: ReleaseState,
    what: MeshRef['kind'] | 'mark',
    write: () => Promise<Applied>,
  ): Promise<Applied | ResultEvent> {
    const key = `${state.rollout.uid} ${what}`
    try {
      const applied = await write()
      this.#since.delete(key)
      return applied
    } catch (error) {
      const refusal = refusalIn(error)
      if (refusal !== undefined) return this.#refused(ports, state, key, { refusal, error })
      this.#since.delete(key)
      throw error
    }
  }

  async #refused(
    ports: Ports,
    state: ReleaseState,
    key: string,
    { refusal, error }: { readonly refusal: string; readonly error: unknown },
  ): Promise<ResultEvent> {
    const { seq } = state
    const at = ports.clock.now()
    const known = this.#since.get(key)
    const since = known?.seq === seq ? known.at : at
    if (at >= since + REFUSED_MS) {
      this.#since.delete(key)
      const message = `${refusal}, for ${durationText(REFUSED_MS)}`
      return { type: 'Failed', seq, at, reason: 'WriteRefused', message }
    }
    this.#since.set(key, { seq, at: since })
    await writeStatus(ports, state, { message: `${refusal}; trying again` })
    throw error
  }
}

/** What became of a write that is tried without end. Throws what the write throws, after the status told it. */
export async function orTell<T extends Applied | void>(
  ports: Ports,
  state: ReleaseState,
  { what, write }: { readonly what: string; readonly write: () => Promise<T> },
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    await writeStatus(ports, state, { message: `${what}: ${problem}; trying again` })
    throw error
  }
}

/** The sentence of the API server, if it refused one of the writes. */
function refusalIn(error: unknown): string | undefined {
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  const isRefused = causes.some((cause) => cause instanceof RefusedError)
  return isRefused && error instanceof Error ? error.message : undefined
}

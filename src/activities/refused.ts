import { durationText } from '../api/quantities.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { RefusedError } from '../ports.ts'
import type { Ports } from '../ports.ts'
import type { Applied } from './apply.ts'
import { writeStatus } from './perform.ts'

/** An API server that has just begun refuses what it allows a moment later (milliseconds). */
const REFUSED_MS = 60_000

/**
 * What became of a write, or the end of a release whose write is refused for long: by rights, a policy, or a schema.
 * Throws what the write throws, to be tried again.
 */
export async function unlessRefused(
  ports: Ports,
  state: ReleaseState,
  write: () => Promise<Applied>,
): Promise<Applied | ResultEvent> {
  try {
    return await write()
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal === undefined) throw error
    const at = ports.clock.now()
    if (at >= state.phaseAt + REFUSED_MS) {
      const message = `${refusal}, for ${durationText(REFUSED_MS)}`
      return { type: 'Failed', seq: state.seq, at, reason: 'WriteRefused', message }
    }
    await writeStatus(ports, state, { message: `${refusal}; trying again` })
    throw error
  }
}

/** What became of a write that is tried without end. Throws what the write throws, after the status told it. */
export async function orTell(
  ports: Ports,
  state: ReleaseState,
  { what, write }: { readonly what: string; readonly write: () => Promise<Applied> },
): Promise<Applied> {
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

import type { Logger } from 'pino'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { temporalClient } from '../adapters/temporal/connection.ts'
import type { TemporalAddress } from '../adapters/temporal/connection.ts'
import { scheduleSweep } from '../adapters/temporal/sweep-schedule.ts'

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

/** Which cluster is swept, and how often (milliseconds; 0: never). */
interface Sweeping {
  readonly cluster: string
  readonly intervalMs: number
}

/** Arranges the sweep with Temporal, in the background and once: it goes on without this process, which waits for nothing. */
export class SweepRole {
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>

  constructor(temporal: TemporalAddress, sweeping: Sweeping, log: Logger) {
    this.#ended = arrange(temporal, sweeping, { log, signal: this.#stopping.signal })
  }

  /** Releases do not need it. */
  unready(): readonly string[] {
    return []
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }
}

async function arrange(
  temporal: TemporalAddress,
  { cluster, intervalMs }: Sweeping,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const client = temporalClient(temporal)
  for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      // Whoever stops waits for no deadline: another process, or the next start, arranges it.
      await Promise.race([scheduleSweep(client, cluster, intervalMs), once(signal, 'abort')])
      if (!signal.aborted) log.info({ intervalMs }, 'the sweep is scheduled')
      break
    } catch (err) {
      log.warn({ err }, 'the sweep cannot be scheduled, trying again')
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  await client.connection.close()
}

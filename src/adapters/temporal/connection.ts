import type { Logger } from 'pino'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { setTimeout as delay } from 'node:timers/promises'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000

/** Where Temporal is. */
export interface TemporalAddress {
  /** `host:port`. */
  readonly address: string
  readonly namespace: string
}

/** A client that connects when it is first used, and reconnects by itself. */
export function temporalClient({ address, namespace }: TemporalAddress): Client {
  return new Client({ connection: Connection.lazy({ address, connectTimeout: '3s' }), namespace })
}

/** The worker's connection. Keeps trying until Temporal answers; undefined when the signal aborts before. */
export async function nativeConnection(
  { address }: TemporalAddress,
  log: Logger,
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      return await NativeConnection.connect({ address })
    } catch (error) {
      log.warn({ address, err: error }, 'Temporal does not answer, trying again')
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}

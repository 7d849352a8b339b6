import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { setTimeout as delay } from 'node:timers/promises'
import { getCACertificates } from 'node:tls'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
/** Time after which a worker's connection gets the API key anew (milliseconds): it may have been replaced. */
const RENEW_KEY_MS = 30_000
/**
 * A request that is refused is tried again for about a second. With the client's own ten tries its caller's deadline would
 * end it first, and all that could be told is that it took too long.
 */
const ATTEMPTS = 4

/** Certificates in PEM form, and names. */
export interface TemporalTls {
  /** Absent: the authorities that Node.js trusts. */
  readonly ca?: Buffer
  readonly client?: { readonly cert: Buffer; readonly key: Buffer }
  /** Name in Temporal's certificate, if not that of the address. */
  readonly serverName?: string
}

/** Where Temporal is, and how it lets us in. */
export interface TemporalAddress {
  /** `host:port`. */
  readonly address: string
  readonly namespace: string
  /** Absent: plain text. */
  readonly tls?: TemporalTls
  /** The API key as it is now. */
  readonly apiKey?: () => string
}

/** A client that connects when it is first used, and reconnects by itself. */
export function temporalClient(temporal: TemporalAddress): Client {
  const { address, namespace, apiKey } = temporal
  const connection = Connection.lazy({
    address,
    tls: tlsOf(temporal),
    ...(apiKey && { apiKey }),
    connectTimeout: '3s',
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: ATTEMPTS }))],
  })
  return new Client({ connection, namespace })
}

/** A worker's connection. */
export interface WorkerConnection {
  readonly native: NativeConnection
  /** To be called when no worker uses it any more. */
  close(): Promise<void>
}

/** The worker's connection. Keeps trying until Temporal answers; undefined when the signal aborts before. */
export async function workerConnection(
  temporal: TemporalAddress,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<WorkerConnection | undefined> {
  for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
    try {
      return await connect(temporal)
    } catch (error) {
      onFailure(error)
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}

async function connect(temporal: TemporalAddress): Promise<WorkerConnection> {
  const { address, apiKey } = temporal
  const native = await NativeConnection.connect({
    address,
    tls: tlsOf(temporal),
    ...(apiKey && { apiKey: apiKey() }),
  })
  // Unlike a client, it cannot ask for the key itself.
  const renewal = apiKey && setInterval(() => void native.setApiKey(apiKey()), RENEW_KEY_MS).unref()
  return {
    native,
    close: async () => {
      clearInterval(renewal)
      await native.close()
    },
  }
}

/** As the SDK has it. With an API key and nothing else it would take TLS for granted. */
function tlsOf({ tls }: TemporalAddress) {
  if (tls === undefined) return false
  const { ca, client, serverName } = tls
  return {
    // The worker would look for those of the system, which small images lack.
    serverRootCACertificate: ca ?? Buffer.from(getCACertificates('default').join('\n')),
    ...(client && { clientCertPair: { crt: client.cert, key: client.key } }),
    ...(serverName && { serverNameOverride: serverName }),
  }
}

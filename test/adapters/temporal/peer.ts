import { createServer, createSecureServer } from 'node:http2'
import type { Http2Server, SecureServerOptions } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** A gRPC server that answers every call alike, and remembers what it was asked. */
export class Peer {
  readonly #server: Http2Server
  /** Header `authorization` of each call, in order. */
  readonly authorizations: (string | undefined)[] = []
  /** gRPC status of the answers. */
  status = '0'

  /** @param tls absent: plain text */
  constructor(tls?: SecureServerOptions) {
    this.#server = tls === undefined ? createServer() : createSecureServer(tls)
    // Who is refused breaks its connection off, or has it broken off.
    for (const event of ['sessionError', 'tlsClientError']) this.#server.on(event, () => undefined)
    this.#server.on('stream', (stream, headers) => {
      this.authorizations.push(headers.authorization)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': this.status, 'grpc-message': 'no' }),
      )
      // An empty message: not compressed, no bytes.
      stream.end(this.status === '0' ? Buffer.alloc(5) : undefined)
    })
  }

  /** Begins to listen; its address as `host:port`. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}

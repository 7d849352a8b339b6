import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stringify } from 'yaml'

/** An object of the fake API server. */
export interface FakeObject {
  readonly metadata: { readonly name: string; readonly namespace: string } & Record<string, unknown>
  readonly [field: string]: unknown
}

/** An API server with Rollouts and events, as far as the command line needs one: lists, and watches that can be cut. */
export class FakeApi {
  readonly objects = { rollouts: [] as FakeObject[], events: [] as FakeObject[] }
  /** Paths with queries, in the order in which they were asked for. */
  readonly requests: string[] = []
  /** When set, every request is answered with it. */
  refusal: { readonly code: number; readonly message: string } | undefined
  /** When set, lists are answered and watches are not. */
  refusalOfWatches: FakeApi['refusal']
  readonly #server: Server
  readonly #watches = new Set<{
    readonly kind: keyof FakeApi['objects']
    readonly response: ServerResponse
  }>()
  #version = 1

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Writes a kubeconfig with the contexts `test`, of namespace `shop`, and `bare`. */
  async kubeconfig(file: string): Promise<string> {
    const cluster = { server: this.url, 'insecure-skip-tls-verify': true }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster }],
      users: [{ name: 'me', user: { token: 'secret' } }],
      contexts: [
        { name: 'test', context: { cluster: 'fake', user: 'me', namespace: 'shop' } },
        { name: 'bare', context: { cluster: 'fake', user: 'me' } },
      ],
      'current-context': 'test',
    }
    await writeFile(file, stringify(config))
    return file
  }

  /** Adds an object and tells all who watch its kind. */
  add(kind: keyof FakeApi['objects'], object: FakeObject): void {
    this.#version += 1
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
    const others = this.objects[kind].filter(({ metadata }) => metadata.name !== object.metadata.name)
    this.objects[kind] = [...others, versioned]
    this.#tell(kind, { type: 'MODIFIED', object: versioned })
  }

  remove(kind: keyof FakeApi['objects'], name: string): void {
    const gone = this.objects[kind].find(({ metadata }) => metadata.name === name)
    this.objects[kind] = this.objects[kind].filter((object) => object !== gone)
    this.#tell(kind, { type: 'DELETED', object: gone })
  }

  /** Breaks all connections, as a restart does. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  #tell(kind: keyof FakeApi['objects'], event: object): void {
    for (const watch of this.#watches) {
      if (watch.kind === kind) watch.response.write(`${JSON.stringify(event)}\n`)
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', this.url)
    this.requests.push(url.pathname + url.search)
    const refusal = this.refusal ?? (url.searchParams.has('watch') ? this.refusalOfWatches : undefined)
    if (refusal !== undefined) {
      this.#send(response, refusal.code, { kind: 'Status', message: refusal.message })
      return
    }
    const kind = url.pathname.endsWith('/events') ? 'events' : 'rollouts'
    if (url.searchParams.has('watch')) {
      this.#watch(kind, response)
      return
    }
    const namespace = /namespaces\/([^/]+)\//.exec(url.pathname)?.[1]
    const name = /metadata[.]name=(.+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1]
    const items = this.objects[kind].filter(
      ({ metadata }) =>
        (namespace ?? metadata.namespace) === metadata.namespace && (name ?? metadata.name) === metadata.name,
    )
    this.#send(response, 200, { metadata: { resourceVersion: String(this.#version) }, items })
  }

  #watch(kind: keyof FakeApi['objects'], response: ServerResponse): void {
    const watch = { kind, response }
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
  }

  #send(response: ServerResponse, code: number, body: object): void {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

import { request } from 'node:http'
import type { ClientRequest } from 'node:http'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { SandboxEnv } from '../env.ts'
import { siteAt } from '../site.ts'
import { writerOf } from './writer.ts'

/** A change of an object: created (no `before`), written, or deleted (no `after`). */
export interface Change {
  /** Order over all objects, whatever their kind. */
  readonly revision: number
  /** When it was seen, milliseconds since the epoch. */
  readonly at: number
  readonly kind: LedgerKind
  readonly namespace: string
  readonly name: string
  readonly before?: KubernetesObject
  readonly after?: KubernetesObject
  /** Field manager who wrote; undefined for a deletion. */
  readonly writer?: string | undefined
}

const KINDS = {
  'networking.istio.io/virtualservices': 'VirtualService',
  'networking.istio.io/destinationrules': 'DestinationRule',
  'sluice.dev/rollouts': 'Rollout',
} as const

export type LedgerKind = (typeof KINDS)[keyof typeof KINDS]

/** What etcd says on its gateway for programs without gRPC. */
interface Message {
  readonly error?: unknown
  readonly result?: {
    readonly canceled?: boolean
    readonly created?: boolean
    readonly events?: readonly Event[]
  }
}

interface Event {
  readonly type?: 'PUT' | 'DELETE'
  readonly kv: { readonly key: string; readonly mod_revision: string; readonly value?: string }
}

/**
 * Every version of the VirtualServices, DestinationRules and Rollouts of a sandbox from now on, in the order in which they
 * were written. It asks etcd: a watch of the API server has a gap wherever the API server was killed.
 */
export class Ledger {
  readonly #changes: Change[] = []
  readonly #latest = new Map<string, Change>()
  readonly #requests: ClientRequest[] = []
  readonly #wakers = new Set<() => void>()
  #problem: Error | undefined
  #stopped = false

  /** Begins to record. Throws when etcd does not answer. */
  static async begin(env: SandboxEnv): Promise<Ledger> {
    const ledger = new Ledger()
    const { etcd } = siteAt(env.state).ports
    await Promise.all(Object.keys(KINDS).map(async (folder) => ledger.#watch(etcd, `/registry/${folder}/`)))
    return ledger
  }

  /** All changes until now, in order. Throws when the record has a gap. */
  get changes(): readonly Change[] {
    if (this.#problem) throw this.#problem
    return this.#changes.toSorted((a, b) => a.revision - b.revision)
  }

  /** An object as it stands; undefined when it is not there. */
  now(kind: LedgerKind, namespace: string, name: string): KubernetesObject | undefined {
    return this.#latest.get(keyOf(kind, namespace, name))?.after
  }

  /** Waits until a condition on the record holds, and returns what it found. Throws after `withinMs`. */
  async until<T>(what: string, look: () => T | undefined | false, withinMs: number): Promise<T> {
    const end = Date.now() + withinMs
    for (;;) {
      if (this.#problem) throw this.#problem
      const found = look()
      if (found !== undefined && found !== false) return found
      const leftMs = end - Date.now()
      if (leftMs <= 0) throw new Error(`not within ${withinMs} ms: ${what}`)
      await this.change(leftMs)
    }
  }

  /** Ends it. Throws when it broke, since something may be missing then. */
  stop(): void {
    this.#stopped = true
    for (const one of this.#requests) one.destroy()
    if (this.#problem) throw this.#problem
  }

  /** Waits for the next change of anything, at most so many milliseconds. */
  async change(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, withinMs)
    this.#wakers.add(resolve)
    await promise
    clearTimeout(timer)
    this.#wakers.delete(resolve)
  }

  async #watch(port: number, prefix: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (error: unknown) => {
      if (!this.#stopped) this.#problem ??= new Error(`the record of ${prefix} broke`, { cause: error })
      this.#wake()
      reject(error)
    }
    const outgoing = request({ host: '127.0.0.1', port, path: '/v3/watch', method: 'POST' }, (response) => {
      const lines = new Lines()
      response.on('data', (chunk: Buffer) => {
        for (const line of lines.add(chunk)) if (this.#hear(JSON.parse(line) as Message, fail)) resolve()
      })
      response.on('error', fail)
      response.on('end', () => fail(new Error('etcd ended it')))
    })
    this.#requests.push(outgoing)
    outgoing.on('error', fail)
    const range = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
    outgoing.end(JSON.stringify({ create_request: range }))
    await promise
  }

  /** True once the watch has begun. */
  #hear({ error, result }: Message, fail: (error: unknown) => void): boolean {
    const { canceled, created, events = [] } = result ?? {}
    if (error !== undefined || canceled) fail(new Error(JSON.stringify(error ?? result)))
    for (const event of events) this.#note(event)
    if (events.length > 0) this.#wake()
    return created === true
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
  }

  #note({ type, kv }: Event): void {
    const [, , group, plural, namespace = '', name = ''] = text(kv.key).split('/')
    const kind = KINDS[`${group}/${plural}` as keyof typeof KINDS]
    const key = keyOf(kind, namespace, name)
    const previous = this.#latest.get(key)
    const before = previous?.after
    const after = type === 'DELETE' ? undefined : (JSON.parse(text(kv.value ?? '')) as KubernetesObject)
    const change: Change = {
      revision: Number(kv.mod_revision),
      at: Date.now(),
      kind,
      namespace,
      name,
      ...(before && { before }),
      ...(after && { after, writer: writerOf(before, after) ?? previous?.writer }),
    }
    this.#changes.push(change)
    this.#latest.set(key, change)
  }
}

/** Lines of a stream of bytes, of which a chunk may end anywhere. */
class Lines {
  #rest = Buffer.alloc(0)

  add(chunk: Buffer): string[] {
    const all = Buffer.concat([this.#rest, chunk])
    const end = all.lastIndexOf('\n')
    this.#rest = all.subarray(end + 1)
    return all
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
  }
}

function keyOf(kind: LedgerKind, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64')
}

function text(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8')
}

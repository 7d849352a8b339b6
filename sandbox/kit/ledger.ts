import { request } from 'node:http'
import type { ClientRequest } from 'node:http'
import type { KubernetesObject } from '@kubernetes/client-node'
import axios from 'axios'
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
  readonly kv: Pair
}

interface Pair {
  readonly key: string
  readonly mod_revision: string
  readonly value?: string
}

interface RangeAnswer {
  readonly header: { readonly revision: string }
  readonly kvs?: readonly Pair[]
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
    const folders = Object.keys(KINDS).map((folder) => `/registry/${folder}/`)
    await Promise.all(
      folders.map(async (folder) => ledger.#watch(etcd, folder, await ledger.#read(etcd, folder))),
    )
    return ledger
  }

  /** All changes until now, in order. Throws when the record has a gap. */
  get changes(): readonly Change[] {
    if (this.#problem) throw this.#problem
    return this.#changes.toSorted((a, b) => a.revision - b.revision)
  }

  /** An object as it stands; undefined when it is not there. Throws when the record has a gap. */
  now(kind: LedgerKind, namespace: string, name: string): KubernetesObject | undefined {
    if (this.#problem) throw this.#problem
    return this.#latest.get(keyOf({ kind, namespace, name }))?.after
  }

  /** Whether the record has come so far with an object. The revision is its `metadata.resourceVersion`. */
  knows(kind: LedgerKind, { metadata = {} }: KubernetesObject): boolean {
    const { namespace = '', name = '', resourceVersion } = metadata
    const known = this.#latest.get(keyOf({ kind, namespace, name }))?.revision ?? 0
    return known >= Number(resourceVersion)
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

  /** Notes what stands there, and returns the revision up to which that holds. */
  async #read(port: number, prefix: string): Promise<number> {
    const { data } = await axios.post<RangeAnswer>(`http://127.0.0.1:${port}/v3/kv/range`, rangeOf(prefix))
    for (const pair of data.kvs ?? []) {
      const after = JSON.parse(text(pair.value ?? '')) as KubernetesObject
      const place = placeOf(pair.key)
      const seen = { ...place, revision: Number(pair.mod_revision), at: Date.now() }
      this.#latest.set(keyOf(place), { ...seen, after, writer: writerOf(undefined, after) })
    }
    return Number(data.header.revision)
  }

  async #watch(port: number, prefix: string, after: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (error: unknown) => {
      if (!this.#stopped) this.#problem ??= new Error(`the record of ${prefix} broke`, { cause: error })
      this.#wake()
      reject(error)
    }
    // The agent that all share gives quiet connections up after five seconds.
    const target = { host: '127.0.0.1', port, path: '/v3/watch', method: 'POST', agent: false } as const
    const outgoing = request(target, (response) => {
      const lines = new Lines()
      response.on('data', (chunk: Buffer) => {
        for (const line of lines.add(chunk)) if (this.#hear(JSON.parse(line) as Message, fail)) resolve()
      })
      response.on('error', fail)
      response.on('end', () => fail(new Error('etcd ended it')))
    })
    this.#requests.push(outgoing)
    outgoing.on('error', fail)
    outgoing.end(JSON.stringify({ create_request: { ...rangeOf(prefix), start_revision: after + 1 } }))
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
    const place = placeOf(kv.key)
    const key = keyOf(place)
    const previous = this.#latest.get(key)
    const before = previous?.after
    const after = type === 'DELETE' ? undefined : (JSON.parse(text(kv.value ?? '')) as KubernetesObject)
    const change: Change = {
      revision: Number(kv.mod_revision),
      at: Date.now(),
      ...place,
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

type Place = Pick<Change, 'kind' | 'namespace' | 'name'>

/** As in `/registry/sluice.dev/rollouts/shop/reviews`. */
function placeOf(key: string): Place {
  const [, , group, plural, namespace = '', name = ''] = text(key).split('/')
  return { kind: KINDS[`${group}/${plural}` as keyof typeof KINDS], namespace, name }
}

function keyOf({ kind, namespace, name }: Place): string {
  return `${kind} ${namespace}/${name}`
}

/** All keys that begin so: up to the one that has the character after the slash in its place. */
function rangeOf(prefix: string): { key: string; range_end: string } {
  return { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) }
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64')
}

function text(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8')
}

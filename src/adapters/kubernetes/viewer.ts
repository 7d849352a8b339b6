import { setTimeout as delay } from 'node:timers/promises'
import { ListWatch } from '@kubernetes/client-node'
import type { CoreV1Event, KubernetesListObject, KubernetesObject } from '@kubernetes/client-node'
import type { ObjectRef } from '../../api/names.ts'
import type { RecordedEvent, RolloutSight, RolloutViewer } from '../../ports-views.ts'
import { ROLLOUTS } from './caches.ts'
import type { Raw } from './caches.ts'
import { problemOf, readable } from './client.ts'
import type { KubernetesClient } from './client.ts'
import { rolloutOf } from './rollouts.ts'

/** Time until a watch that broke is begun anew (milliseconds). */
const RESTART_MS = 1_000

type RolloutList = KubernetesListObject<Raw>

/** Rollouts read from the API server, for the command line: no caches of all namespaces. */
export function rolloutViewer(client: KubernetesClient): RolloutViewer {
  return {
    list: async (namespace) => {
      const { items } = await orReadable(listRollouts(client, namespace))
      return items.map((raw) => ({ ...rolloutOf(raw), manifest: manifestOf(raw) }))
    },
    follow: async (rollout, listener, signal) => follow(client, rollout, { listener, signal }),
  }
}

async function listRollouts(client: KubernetesClient, namespace: string | undefined): Promise<RolloutList> {
  const request =
    namespace === undefined
      ? client.custom.listClusterCustomObject(ROLLOUTS)
      : client.custom.listNamespacedCustomObject({ ...ROLLOUTS, namespace })
  return (await request) as RolloutList
}

async function orReadable<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    throw readable(error)
  }
}

/** The object without the bookkeeping of field managers, as kubectl shows it. */
function manifestOf(raw: Raw): object {
  const { managedFields: _bookkeeping, ...metadata } = raw.metadata ?? {}
  return { ...raw, metadata }
}

interface Following {
  readonly listener: (sight: RolloutSight) => void
  readonly signal: AbortSignal
}

async function follow(client: KubernetesClient, ref: ObjectRef, following: Following): Promise<void> {
  const { listener, signal } = following
  const rollouts = rolloutWatch(client, ref)
  const events = eventWatch(client, ref)
  const tell = (problem?: string) => {
    if (!signal.aborted) listener({ ...sightOf(rollouts, events, ref), ...(problem && { problem }) })
  }
  const watches = [new Watching(rollouts, tell), new Watching(events, tell)]
  try {
    for (const watching of watches) await watching.start(signal)
    for (const watching of watches) watching.speak()
    tell()
    await aborted(signal)
  } finally {
    for (const watching of watches) await watching.stop()
  }
}

function rolloutWatch(client: KubernetesClient, { namespace, name }: ObjectRef): ListWatch<Raw> {
  const { group, version, plural } = ROLLOUTS
  const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`
  const fieldSelector = `metadata.name=${name}`
  const list = async () =>
    (await client.custom.listNamespacedCustomObject({ ...ROLLOUTS, namespace, fieldSelector })) as RolloutList
  return new ListWatch<Raw>(path, client.watch, list, false, undefined, fieldSelector)
}

function eventWatch(client: KubernetesClient, { namespace, name }: ObjectRef): ListWatch<CoreV1Event> {
  const path = `/api/v1/namespaces/${namespace}/events`
  const fieldSelector = `involvedObject.kind=Rollout,involvedObject.name=${name}`
  const list = async () => client.core.listNamespacedEvent({ namespace, fieldSelector })
  return new ListWatch<CoreV1Event>(path, client.watch, list, false, undefined, fieldSelector)
}

/** A watch that is begun anew when it breaks. */
class Watching<T extends KubernetesObject> {
  readonly #informer: ListWatch<T>
  readonly #tell: (problem?: string) => void
  readonly #stopping = new AbortController()
  #speaks = false
  #error: unknown

  /** @param tell called after every change, or with the problem of a watch that broke */
  constructor(informer: ListWatch<T>, tell: (problem?: string) => void) {
    this.#informer = informer
    this.#tell = tell
    informer.on('change', () => this.#speaks && tell())
    informer.on('error', (error: unknown) => this.#broke(error))
  }

  /** Resolves when everything was listed once. Throws when that fails. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await this.#informer.start()
    if (this.#error !== undefined) throw readable(this.#error)
  }

  /** From now on changes are told. */
  speak(): void {
    this.#speaks = true
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#informer.stop()
  }

  #broke(error: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#error = error
    if (this.#speaks) void this.#restart(problemOf(error))
  }

  async #restart(problem: string): Promise<void> {
    this.#tell(problem)
    const { signal } = this.#stopping
    await delay(RESTART_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    this.#error = undefined
    await this.#informer.start()
    // An error during the start has begun another restart.
    if (this.#error === undefined) this.#tell()
  }
}

function sightOf(rollouts: ListWatch<Raw>, events: ListWatch<CoreV1Event>, ref: ObjectRef): RolloutSight {
  const raw = rollouts.get(ref.name, ref.namespace)
  const uid = raw?.metadata?.uid
  const own = events.list(ref.namespace).filter(({ involvedObject }) => involvedObject.uid === uid)
  return { rollout: raw && rolloutOf(raw), events: own.toSorted(byTime).map(recorded) }
}

function recorded(event: CoreV1Event): RecordedEvent {
  const { reason = '', message = '' } = event
  return { at: timeOf(event), type: event.type === 'Warning' ? 'Warning' : 'Normal', reason, message }
}

/** Times of events are whole seconds; versions of the store tell the order within one. */
function byTime(a: CoreV1Event, b: CoreV1Event): number {
  const versions = [a, b].map(({ metadata }) => Number(metadata.resourceVersion ?? 0))
  return timeOf(a) - timeOf(b) || (versions[0] ?? 0) - (versions[1] ?? 0)
}

/** A list gives dates, a watch gives texts. */
function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  const time = lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp
  return time === undefined ? 0 : new Date(String(time)).getTime()
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

import type { Logger } from 'pino'
import { FIELD_MANAGER, keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { shortHash } from '../../core/hash.ts'
import type { MeshEvents } from '../../ports.ts'
import { readable, statusOfError } from './client.ts'
import type { KubernetesClient } from './client.ts'

/** As much as the API server takes of a message. */
const LONGEST_MESSAGE = 1024

/** The object that an event is about. */
interface Subject extends ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  readonly uid: string
}

interface WrittenEvent {
  readonly on: Subject
  /** Two events of the same id are one: it is recorded once, however often it is told. */
  readonly id: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** Writes Kubernetes events. */
export class EventWriter {
  readonly #client: KubernetesClient
  readonly #log: Logger

  constructor(client: KubernetesClient, log: Logger) {
    this.#client = client
    this.#log = log
  }

  /**
   * Records an event. Never throws: one that cannot be written is logged.
   * @param fields by which the log names the object
   */
  async record(event: WrittenEvent, fields: Readonly<Record<string, string>>): Promise<void> {
    const log = this.#log
    try {
      await create(this.#client, event)
    } catch (error) {
      if (statusOfError(error) !== 409)
        log.warn({ ...fields, reason: event.reason, err: readable(error) }, 'event not written')
    }
  }
}

/** Events on objects of the mesh. */
export function meshEvents(client: KubernetesClient, log: Logger): MeshEvents {
  const events = new EventWriter(client, log)
  return {
    record: async ({ apiVersion, kind, metadata }, event) => {
      const { namespace, name, uid = '', resourceVersion = '' } = metadata
      const id = `${uid}/${resourceVersion}/${event.reason}/${event.message}`
      const fields = { object: `${kind} ${keyOf(metadata)}` }
      await events.record({ on: { apiVersion, kind, namespace, name, uid }, id, ...event }, fields)
    },
  }
}

/** Its name is made of what it tells, so that a retried action records it once. */
async function create(client: KubernetesClient, event: WrittenEvent): Promise<void> {
  const { on, id, type, reason, message } = event
  const { namespace, name } = on
  const now = new Date()
  await client.core.createNamespacedEvent({
    namespace,
    body: {
      metadata: { namespace, name: `${name}.${shortHash(id)}` },
      involvedObject: { ...on },
      type,
      reason,
      message: message.slice(0, LONGEST_MESSAGE),
      source: { component: FIELD_MANAGER },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    },
  })
}

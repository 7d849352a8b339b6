import type { Logger } from 'pino'
import { FIELD_MANAGER, keyOf } from '../../api/names.ts'
import { shortHash } from '../../core/hash.ts'
import type { MeshObject } from '../../core/traffic/types.ts'
import type { MeshEvent, MeshEvents } from '../../ports.ts'
import { readable, statusOfError } from './client.ts'
import type { KubernetesClient } from './client.ts'

/** More than the API server takes. */
const LONGEST_MESSAGE = 1024
const THERE_ALREADY = 409

/** Events on objects of the mesh. */
export function meshEvents(client: KubernetesClient, log: Logger): MeshEvents {
  return {
    record: async (object, event) => {
      try {
        await create(client, object, event)
      } catch (error) {
        if (statusOfError(error) === THERE_ALREADY) return
        const { reason } = event
        const name = `${object.kind} ${keyOf(object.metadata)}`
        log.warn({ object: name, reason, err: readable(error) }, 'event on an object of the mesh not written')
      }
    },
  }
}

/** Its name is made of what it tells, so that what is done again is told once. */
async function create(client: KubernetesClient, object: MeshObject, event: MeshEvent): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const { namespace, name, uid } = metadata
  const now = new Date()
  const id = shortHash(`${kind}/${uid}/${event.reason}/${event.message}`)
  await client.core.createNamespacedEvent({
    namespace,
    body: {
      metadata: { namespace, name: `${name}.${id}` },
      involvedObject: { apiVersion, kind, namespace, name, ...(uid !== undefined && { uid }) },
      type: event.type,
      reason: event.reason,
      message: event.message.slice(0, LONGEST_MESSAGE),
      source: { component: FIELD_MANAGER },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    },
  })
}

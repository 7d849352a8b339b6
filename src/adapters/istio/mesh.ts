import type { DestinationRule, MeshObject, VirtualService } from '../../core/traffic/types.ts'
import { ConflictError, RefusedError } from '../../ports.ts'
import type { Freshness, Mesh, MeshAccess, MeshMaking, MeshRef } from '../../ports.ts'
import { FIELD_MANAGER } from '../../api/names.ts'
import { DESTINATION_RULES, VIRTUAL_SERVICES } from '../kubernetes/caches.ts'
import type { Caches, Kind, Raw } from '../kubernetes/caches.ts'
import { orConflict, unlessMissing } from '../kubernetes/client.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { ObjectCache } from '../kubernetes/object-cache.ts'

/** Istio's objects in the API server. Whole objects are written as they were read, unknown fields included. */
export function istioMesh(client: KubernetesClient, caches: Caches): Mesh {
  const cacheOf = (kind: MeshObject['kind']) =>
    (kind === 'VirtualService' ? caches.virtualServices : caches.destinationRules) as unknown as ObjectCache<
      MeshObject & Raw
    >
  return {
    read: async (ref: MeshRef, freshness: Freshness) =>
      (freshness === 'Cached' ? cacheOf(ref.kind).get(ref) : undefined) ?? (await fetch(client, ref)),
    write: async (object) => {
      cacheOf(object.kind).note((await replace(client, object)) as MeshObject & Raw)
    },
    rehearse: async (object) => {
      try {
        demandRoom((await replace(client, object, 'All')) as MeshObject)
      } catch (error) {
        if (!isUnrehearsed(error)) throw error
      }
    },
    virtualServices: (): readonly VirtualService[] => caches.virtualServices.list(),
    destinationRules: (): readonly DestinationRule[] => caches.destinationRules.list(),
  }
}

/** The same without caches, for whoever looks once: nothing of other objects is read. */
export function directMesh(client: KubernetesClient): MeshAccess {
  return {
    read: async (ref) => fetch(client, ref),
    write: async (object) => void (await replace(client, object)),
  }
}

async function fetch(client: KubernetesClient, ref: MeshRef): Promise<(MeshObject & Raw) | undefined> {
  const request = { ...kindOf(ref.kind), namespace: ref.namespace, name: ref.name }
  const object = await unlessMissing(client.custom.getNamespacedCustomObject(request))
  return object as (MeshObject & Raw) | undefined
}

async function replace(client: KubernetesClient, object: MeshObject, dryRun?: 'All'): Promise<unknown> {
  const { namespace, name } = object.metadata
  const place = { ...kindOf(object.kind), namespace, name }
  const request = { ...place, body: object, fieldManager: FIELD_MANAGER, ...(dryRun && { dryRun }) }
  const written: unknown = await orConflict(client.custom.replaceNamespacedCustomObject(request))
  // Gone meanwhile: read again, and see that it is.
  if (written === undefined) throw new ConflictError(`${object.kind} ${namespace}/${name} is gone`)
  return written
}

/** What etcd takes unless it is told otherwise, less what a request has beside the object (bytes). */
const ROOM = 1.5 * 1024 * 1024 - 1024
/** More than a release adds: an object that is larger by as much was taken, so the limit is another (bytes). */
const ADDED = 16 * 1024

/** A rehearsal does not reach etcd, which alone knows its limit. */
function demandRoom(object: MeshObject): void {
  const size = Buffer.byteLength(JSON.stringify(object))
  if (size <= ROOM || size > ROOM + ADDED) return
  throw new RefusedError(`it would be too large, ${size} bytes, and etcd takes ${ROOM} unless told otherwise`)
}

/** A webhook of an old kind takes no rehearsals, which says nothing of what it thinks of a write. */
function isUnrehearsed(error: unknown): boolean {
  return error instanceof RefusedError && error.message.includes('does not support dry run')
}

function kindOf(kind: MeshObject['kind']): Kind {
  return kind === 'VirtualService' ? VIRTUAL_SERVICES : DESTINATION_RULES
}

/** Istio's objects that are our own as a whole. */
export function istioMaking(client: KubernetesClient): MeshMaking {
  const create = async (object: MeshObject, dryRun?: 'All') => {
    const { namespace } = object.metadata
    const place = { ...kindOf(object.kind), namespace }
    const request = { ...place, body: object, fieldManager: FIELD_MANAGER, ...(dryRun && { dryRun }) }
    await orConflict(client.custom.createNamespacedCustomObject(request))
  }
  return {
    create: async (object) => create(object),
    rehearse: async (object) => {
      try {
        await create(object, 'All')
      } catch (error) {
        if (!isUnrehearsed(error)) throw error
      }
    },
    remove: async (object) => {
      const { namespace, name, uid, resourceVersion } = object.metadata
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
      const request = { ...kindOf(object.kind), namespace, name, body: { preconditions } }
      return (await orConflict(client.custom.deleteNamespacedCustomObject(request))) !== undefined
    },
  }
}

import type { DestinationRule, MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import type { Mesh, MeshMaking } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import { MissingError } from './object-store.ts'
import type { ObjectStore } from './object-store.ts'

/** Istio's objects in memory. */
export function fakeMesh(store: ObjectStore, cache: CachedView): Mesh {
  return {
    read: async ({ kind, namespace, name }, freshness) => {
      const ref = { namespace, name }
      const cached = freshness === 'Cached' ? cache.read(kind, ref) : undefined
      return (cached ?? store.read(kind, ref)) as MeshObject | undefined
    },
    write: async (object) => {
      refuseMalformed(object)
      cache.note(orConflict(() => store.replace(object)))
    },
    rehearse: async (object) => {
      refuseMalformed(object)
      orConflict(() => store.demandCurrent(object))
    },
    virtualServices: () => cache.list('VirtualService') as VirtualService[],
    destinationRules: () => cache.list('DestinationRule') as DestinationRule[],
  }
}

/** Makes and removes them. */
export function fakeMaking(store: ObjectStore): MeshMaking {
  return {
    create: async (object) => void store.create(object),
    rehearse: async (object) => {
      refuseMalformed(object)
      if (store.read(object.kind, object.metadata) !== undefined)
        throw new ConflictError(`${object.kind} ${object.metadata.name} is there already`)
    },
    remove: async ({ kind, metadata }) => {
      const there = store.read(kind, metadata)
      if (there === undefined) return false
      if (there.metadata.resourceVersion !== metadata.resourceVersion)
        throw new ConflictError(`${kind} ${metadata.name} has been modified`)
      store.delete(kind, metadata)
      return true
    },
  }
}

function orConflict<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    // Gone meanwhile: read again, and see that it is.
    throw error instanceof MissingError ? new ConflictError(error.message) : error
  }
}

/** What the definition of the kind does. */
function refuseMalformed({ kind, spec }: MeshObject): void {
  if (kind !== 'VirtualService' || spec['http'] === undefined || Array.isArray(spec['http'])) return
  throw new RefusedError('the API server answered 422: spec.http must be of type array')
}

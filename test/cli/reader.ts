import type { ObjectRef } from '../../src/api/names.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Manifest, ObjectReader } from '../../src/ports-views.ts'

/** A cluster whose objects are given. Of kinds in `forbidden` only those of a namespace may be listed, and none read. */
export function fakeReader(objects: readonly Manifest[], forbidden: readonly string[] = []): ObjectReader {
  const listed = (kind: string, namespace: string | undefined) =>
    objects.filter(
      (object) =>
        object.kind === kind && (namespace === undefined || object.metadata.namespace === namespace),
    )
  const refuse = (kind: string) => {
    if (forbidden.includes(kind)) throw new RefusedError(`${kind} is forbidden`)
  }
  return {
    read: async (kind, { namespace, name }: ObjectRef) => {
      refuse(kind)
      return listed(kind, namespace).find(({ metadata }) => metadata.name === name)
    },
    list: async (kind, namespace) => {
      if (namespace === undefined) refuse(kind)
      return listed(kind, namespace)
    },
    pods: async (namespace) => listed('Pod', namespace),
  }
}

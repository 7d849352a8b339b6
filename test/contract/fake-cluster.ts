import { FakeCluster } from '../fakes/cluster.ts'
import { MissingError } from '../fakes/object-store.ts'
import type { ObjectStore } from '../fakes/object-store.ts'
import type { ContractCluster } from './cluster.ts'

/** The namespace `shop` of a cluster in memory. */
function fakeContractCluster(store: ObjectStore): ContractCluster {
  const namespace = 'shop'
  return {
    namespace,
    create: async (object) => store.create(object),
    read: async (kind, name) => store.read(kind, { namespace, name }),
    change: async (kind, name, edit) => void store.change(kind, { namespace, name }, edit),
    setStatus: async (kind, name, status) => {
      const object = store.read(kind, { namespace, name })
      if (object === undefined) throw new MissingError(`there is no ${kind} ${name}`)
      store.replaceStatus({ ...object, status })
    },
    remove: async (kind, name) => store.delete(kind, { namespace, name }),
  }
}

/** A cluster in memory and its administrator. `closing` does nothing: there is nothing to close. */
export function openFake() {
  const fake = new FakeCluster()
  return { fake, cluster: fakeContractCluster(fake.store), close: async () => undefined }
}

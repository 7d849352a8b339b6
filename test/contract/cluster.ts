import type { StoredObject } from '../fakes/object-store.ts'

/** Any object, as it is given to a cluster or comes from it. */
export type Manifest = StoredObject

/** A namespace of a cluster, in the hand of its administrator: what ports are tried against. */
export interface ContractCluster {
  readonly namespace: string
  create(object: Manifest): Promise<Manifest>
  read(kind: string, name: string): Promise<Manifest | undefined>
  /** A stranger's write. */
  change(kind: string, name: string, edit: (object: Manifest) => Manifest): Promise<void>
  setStatus(kind: string, name: string, status: unknown): Promise<void>
  remove(kind: string, name: string): Promise<void>
}

/** How long caches may take to bring a change (milliseconds). */
export const PATIENCE = { timeout: 10_000, interval: 20 }

import type { KubernetesObject } from '@kubernetes/client-node'

/**
 * Results of own writes, until the watch has caught up. Whichever is newer is believed: a watch event may arrive before
 * the answer to the write that caused it, or long after.
 */
export class OwnWrites<T extends KubernetesObject> {
  readonly #written = new Map<string, T>()

  note(key: string, object: T): void {
    this.#written.set(key, object)
  }

  /** The newer one of what was written and what the watch has. What the watch lacks is gone: we create nothing. */
  newest(key: string, watched: T | undefined): T | undefined {
    const written = this.#written.get(key)
    if (written !== undefined && watched !== undefined && versionOf(written) > versionOf(watched))
      return written
    this.#written.delete(key)
    return watched
  }
}

/** Resource versions of a kind rise with every write (guaranteed since Kubernetes 1.35, and true of etcd before). */
function versionOf({ metadata }: KubernetesObject): bigint {
  const text = metadata?.resourceVersion ?? ''
  return /^\d+$/.test(text) ? BigInt(text) : -1n
}

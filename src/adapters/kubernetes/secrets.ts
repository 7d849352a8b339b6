import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { RefusedError } from '../../ports.ts'
import type { Secrets } from '../../ports.ts'
import { readable, statusOfError } from './client.ts'
import type { KubernetesClient } from './client.ts'

/**
 * Secrets of the namespaces of Rollouts. Sluice's own role gives no right to them: a Role in the namespace does, for each
 * Secret that releases there may send somewhere.
 */
export function secrets(client: KubernetesClient): Secrets {
  return {
    read: async (ref, key) => {
      const value = (await secretOf(client, ref))?.data?.[key]
      if (value !== undefined) return textOf(value)
      throw new RefusedError(`there is no key ${key} in the Secret ${keyOf(ref)}, or no such Secret`)
    },
    readAll: async (ref) => {
      const found = await secretOf(client, ref)
      if (found === undefined)
        throw new RefusedError(`there is no Secret ${keyOf(ref)}; create it or correct the name`)
      const entries = Object.entries(found.data ?? {})
      return Object.fromEntries(entries.map(([key, value]) => [key, textOf(value)]))
    },
  }
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

async function secretOf(client: KubernetesClient, ref: ObjectRef) {
  try {
    return await client.core.readNamespacedSecret({ namespace: ref.namespace, name: ref.name })
  } catch (error) {
    const status = statusOfError(error)
    if (status === 404) return undefined
    if (status !== 403) throw readable(error)
    throw new RefusedError(
      `Sluice may not read the Secret ${keyOf(ref)}: give its account the right "get" on it by a Role in that namespace`,
      { cause: error },
    )
  }
}

import type { V1Pod } from '@kubernetes/client-node'

/** Names a pod in records, files and logs. */
export function podKey({ metadata }: V1Pod): string {
  return `${metadata?.namespace}.${metadata?.name}`
}

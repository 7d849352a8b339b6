import type { V1EnvVar, V1Pod } from '@kubernetes/client-node'
import { NODE_NAME } from './node-name.ts'

/**
 * The value of a container's variable: a literal one, or a field of the pod.
 * @returns undefined when the agent can't resolve it
 */
export function envValue({ value = '', valueFrom }: V1EnvVar, pod: V1Pod): string | undefined {
  return valueFrom ? podField(valueFrom.fieldRef?.fieldPath ?? '', pod) : value
}

function podField(path: string, { metadata = {}, spec }: V1Pod): string | undefined {
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    // A pod is planned before it is bound, and to no other node.
    'spec.nodeName': NODE_NAME,
    'spec.serviceAccountName': spec?.serviceAccountName ?? 'default',
  }
  return fields[path] ?? mapField(path, metadata)
}

function mapField(path: string, metadata: NonNullable<V1Pod['metadata']>): string | undefined {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (map === 'labels') return metadata.labels?.[key] ?? ''
  return map === 'annotations' ? (metadata.annotations?.[key] ?? '') : undefined
}

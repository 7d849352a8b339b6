import type { Traces } from '../../core/policy/tracking.ts'
import { hasProxy } from '../../core/policy/proxied.ts'
import type { Manifest } from '../../ports-views.ts'

type Labels = Readonly<Record<string, string>>

/** What manifests say, for a file and the API server alike. */

export function labelsOf(object: Manifest | undefined): Labels {
  return (object?.metadata['labels'] ?? {}) as Labels
}

/** What tells who put an object there. */
export function tracesOf({ metadata }: Manifest): Traces {
  return metadata as Traces
}

/** Labels of the pods that a Service selects; none when it selects nothing. */
export function selectorIn(service: Manifest): Labels {
  return (service.spec as { selector?: Labels | null } | undefined)?.selector ?? {}
}

/** The pod template of a workload. */
export function templateOf(workload: Manifest): unknown {
  return (workload.spec as { template?: unknown } | null | undefined)?.template
}

/** Labels of the pods of a workload. */
export function podLabelsOf(workload: Manifest): Labels {
  const template = templateOf(workload) as { metadata?: { labels?: Labels | null } | null } | undefined
  return template?.metadata?.labels ?? {}
}

/** An empty selector selects nothing. */
export function isSelected(labels: Labels, selector: Labels): boolean {
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

/** A pod, as far as it matters whether it may get requests. */
export function podViewOf(pod: Manifest) {
  const { conditions = [] } = (pod.status ?? {}) as {
    conditions?: readonly { type: string; status: string }[]
  }
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  const terminating = pod.metadata['deletionTimestamp'] !== undefined
  return { labels: labelsOf(pod), ready, terminating, crashing: false, hasSidecar: hasSidecar(pod) }
}

/** A proxy of the mesh was injected, or written by hand. */
function hasSidecar(pod: Manifest): boolean {
  const annotations = pod.metadata['annotations'] as Labels | undefined
  return hasProxy({ ...(pod.spec as object), annotations })
}

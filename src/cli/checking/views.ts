import type { Manifest } from '../../ports.ts'

type Labels = Readonly<Record<string, string>>

/** What manifests say, for a file and the API server alike. */

export function labelsOf(object: Manifest | undefined): Labels {
  return (object?.metadata['labels'] ?? {}) as Labels
}

/** Labels of the pods that a Service selects; none when it selects nothing. */
export function selectorIn(service: Manifest): Labels {
  return (service.spec as { selector?: Labels | null } | undefined)?.selector ?? {}
}

/** The pod template of a workload. */
export function templateOf(workload: Manifest): unknown {
  return (workload.spec as { template?: unknown } | undefined)?.template
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

/** The pod may get requests, and is not about to end. */
export function isReady({ metadata, status }: Manifest): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] }
  const ready = conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
  return ready && metadata['deletionTimestamp'] === undefined
}

/** Pods of one version, counted. */
export interface PodFacts {
  readonly total: number
  readonly ready: number
  /** A container ended with an error and waits to be started again. */
  readonly crashing: number
}

interface Pod {
  readonly ready: boolean
  readonly crashing: boolean
  readonly terminating: boolean
}

/**
 * Labels of the pods of one version behind a Service; undefined where there is no Service, or one that selects nothing:
 * then nobody can say whose pods carry the version.
 */
export function selectorOf(
  service: { readonly selector: Readonly<Record<string, string>> } | undefined,
  versionLabel: string,
  version: string,
): Record<string, string> | undefined {
  if (service === undefined || Object.keys(service.selector).length === 0) return undefined
  return { ...service.selector, [versionLabel]: version }
}

/** Counts pods; those that are being deleted are no longer there. */
export function podFacts(pods: readonly Pod[]): PodFacts {
  const alive = pods.filter((pod) => !pod.terminating)
  return {
    total: alive.length,
    ready: alive.filter((pod) => pod.ready).length,
    crashing: alive.filter((pod) => pod.crashing).length,
  }
}

/** Ready pods by version; versions without any are absent. */
export function readyByVersion(
  pods: readonly (Pod & { readonly labels: Readonly<Record<string, string>> })[],
  versionLabel: string,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { labels, ready, terminating } of pods) {
    const version = labels[versionLabel]
    if (version !== undefined && ready && !terminating) counts[version] = (counts[version] ?? 0) + 1
  }
  return counts
}

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

/** Counts pods; those that are being deleted are no longer there. */
export function podFacts(pods: readonly Pod[]): PodFacts {
  const alive = pods.filter((pod) => !pod.terminating)
  return {
    total: alive.length,
    ready: alive.filter((pod) => pod.ready).length,
    crashing: alive.filter((pod) => pod.crashing).length,
  }
}

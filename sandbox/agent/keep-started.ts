import type { Informer, KubernetesObject } from '@kubernetes/client-node'

const RETRY_MS = 500

/**
 * Starts an informer. The library's own ends at its first failed connection; here it is started again until the API
 * server answers, and then goes on where it was.
 * @param onError told of each failure, before the next try
 * @returns ends it
 */
export function keepStarted<T extends KubernetesObject>(
  informer: Informer<T>,
  onError: (error: unknown) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const start = () => void informer.start().catch(restart)
  const restart = (error: unknown) => {
    if (stopped) return
    onError(error)
    clearTimeout(timer)
    timer = setTimeout(start, RETRY_MS)
  }
  informer.on('error', restart)
  start()
  return () => {
    stopped = true
    clearTimeout(timer)
    void informer.stop()
  }
}

import { CoreV1Api, makeInformer } from '@kubernetes/client-node'
import type { KubeConfig, V1Pod } from '@kubernetes/client-node'

/** What is told of pods. A pod that vanished while the connection was down is told as gone after it. */
export interface PodHandlers {
  changed: (pod: V1Pod) => void
  gone: (pod: V1Pod) => void
  onError: (error: unknown) => void
}

const RETRY_MS = 500

/**
 * Watches the pods of all namespaces until the returned function is called. The library's informer ends at its first
 * failed connection; here it is started again until the API server answers, and then goes on where it was.
 */
export function watchPods(config: KubeConfig, { changed, gone, onError }: PodHandlers): () => void {
  const core = config.makeApiClient(CoreV1Api)
  const informer = makeInformer<V1Pod>(config, '/api/v1/pods', () => core.listPodForAllNamespaces())
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const start = () => void informer.start().catch(restart)
  const restart = (error: unknown) => {
    if (stopped) return
    onError(error)
    clearTimeout(timer)
    timer = setTimeout(start, RETRY_MS)
  }
  informer.on('add', changed)
  informer.on('update', changed)
  informer.on('delete', gone)
  informer.on('error', restart)
  start()
  return () => {
    stopped = true
    clearTimeout(timer)
    void informer.stop()
  }
}

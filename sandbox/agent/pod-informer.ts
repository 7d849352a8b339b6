import { CoreV1Api, makeInformer } from '@kubernetes/client-node'
import type { KubeConfig, V1Pod } from '@kubernetes/client-node'
import { keepStarted } from './keep-started.ts'

/** What is told of pods. A pod that vanished while the connection was down is told as gone after it. */
export interface PodHandlers {
  changed: (pod: V1Pod) => void
  gone: (pod: V1Pod) => void
  onError: (error: unknown) => void
}

/** Watches the pods of all namespaces until the returned function is called. */
export function watchPods(config: KubeConfig, { changed, gone, onError }: PodHandlers): () => void {
  const core = config.makeApiClient(CoreV1Api)
  const informer = makeInformer<V1Pod>(config, '/api/v1/pods', () => core.listPodForAllNamespaces())
  informer.on('add', changed)
  informer.on('update', changed)
  informer.on('delete', gone)
  return keepStarted(informer, onError)
}

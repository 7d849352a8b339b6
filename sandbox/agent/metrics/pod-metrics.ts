import { setTimeout as sleep } from 'node:timers/promises'
import { CoreV1Api } from '@kubernetes/client-node'
import type { KubeConfig, V1Pod } from '@kubernetes/client-node'
import { isAlive, readRecord } from '../../supervise/index.ts'
import { recordName } from '../app-process.ts'
import { podKey } from '../pod-key.ts'
import { Processor, readProcessor, residentMemory } from './processor.ts'
import type { Usage } from './processor.ts'

/** Which pods somebody asks for. */
export interface PodQuery {
  /** Absent: all. */
  readonly namespace?: string
  readonly name?: string
  readonly labelSelector?: string
}

/** Time from the first question to its answer (milliseconds): usage is a difference. */
const FIRST_WINDOW_MS = 1000

/** Measures pods when somebody asks, and only then. */
export class PodMetrics {
  readonly #core: CoreV1Api
  readonly #stateDir: string
  readonly #processor = new Processor()

  constructor(config: KubeConfig, stateDir: string) {
    this.#core = config.makeApiClient(CoreV1Api)
    this.#stateDir = stateDir
  }

  /**
   * PodMetrics of metrics.k8s.io/v1beta1 of the pods that run. Pods that started a moment ago are left out.
   * @throws the API server's error
   */
  async list(query: PodQuery): Promise<object[]> {
    const pods = await this.#pods(query)
    const found = this.#measure(pods)
    if (found.length > 0 || pods.length === 0) return found
    await sleep(FIRST_WINDOW_MS)
    return this.#measure(pods)
  }

  async #pods({ namespace, name, labelSelector }: PodQuery): Promise<V1Pod[]> {
    const selector = {
      ...(labelSelector !== undefined && { labelSelector }),
      ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    }
    const { items } =
      namespace === undefined
        ? await this.#core.listPodForAllNamespaces(selector)
        : await this.#core.listNamespacedPod({ namespace, ...selector })
    return items
  }

  #measure(pods: V1Pod[]): object[] {
    const now = Date.now()
    this.#processor.forget(now)
    return pods.flatMap((pod) => this.#measureOne(pod, now) ?? [])
  }

  #measureOne(pod: V1Pod, now: number): object | undefined {
    const record = readRecord(this.#stateDir, recordName(podKey(pod)))
    if (!record || !isAlive(record)) return undefined
    const reading = readProcessor(record.pid, now)
    const usage = reading && this.#processor.usage(record.startId + record.pid, reading)
    return usage && podMetrics(pod, usage, residentMemory(record.pid))
  }
}

/** The object that the API has for a pod. */
export function podMetrics(pod: V1Pod, usage: Usage, memoryBytes: number): object {
  const { name = '', namespace = '', labels = {} } = pod.metadata ?? {}
  const cpu = `${Math.round(usage.cores * 1e9)}n`
  const memory = `${Math.round(memoryBytes / 1024)}Ki`
  return {
    metadata: { name, namespace, labels, creationTimestamp: new Date(usage.at).toISOString() },
    timestamp: new Date(usage.at).toISOString(),
    window: `${(usage.windowMs / 1000).toFixed(3)}s`,
    containers: [{ name: pod.spec?.containers[0]?.name ?? '', usage: { cpu, memory } }],
  }
}

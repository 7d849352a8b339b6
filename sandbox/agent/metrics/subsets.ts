import { CustomObjectsApi, makeInformer } from '@kubernetes/client-node'
import type { KubeConfig, KubernetesListObject, V1Pod } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../env.ts'
import { noteSubsets } from '../../parts/prometheus.ts'
import type { SubsetPods } from '../../parts/prometheus-config.ts'
import { keepStarted } from '../keep-started.ts'
import { Latest } from '../latest.ts'
import { subsetPods } from './subset-pods.ts'
import type { Rule } from './subset-pods.ts'

const RULES = { group: 'networking.istio.io', version: 'v1', resourcePlural: 'destinationrules' }
/** Changes that come together are taken together (milliseconds). */
const GATHER_MS = 200

/** Tells Prometheus of the pods behind subsets whose names do not tell, as they come and go. */
export class Subsets {
  readonly #pods = new Map<string, V1Pod>()
  readonly #rules: () => readonly Rule[]
  readonly #latest: Latest<SubsetPods[]>
  #isDue = false

  constructor(config: KubeConfig, env: SandboxEnv, onError: (error: unknown) => void) {
    const custom = config.makeApiClient(CustomObjectsApi)
    const list = async () =>
      (await custom.listCustomObjectForAllNamespaces(RULES)) as KubernetesListObject<Rule>
    const path = `/apis/${RULES.group}/${RULES.version}/${RULES.resourcePlural}`
    const informer = makeInformer<Rule>(config, path, list)
    informer.on('change', () => this.#look())
    this.#rules = () => informer.list()
    this.#latest = new Latest<SubsetPods[]>([], { apply: async (pods) => tell(env, pods), onError })
    keepStarted(informer, onError)
  }

  /** Takes note of a new or changed pod. */
  changed(pod: V1Pod): void {
    this.#pods.set(pod.metadata?.uid ?? '', pod)
    this.#look()
  }

  /** Takes note that a pod is gone. */
  gone(pod: V1Pod): void {
    this.#pods.delete(pod.metadata?.uid ?? '')
    this.#look()
  }

  #look(): void {
    if (this.#isDue) return
    this.#isDue = true
    setTimeout(() => {
      this.#isDue = false
      void this.#latest.set(subsetPods(this.#rules(), [...this.#pods.values()]))
    }, GATHER_MS)
  }
}

async function tell(env: SandboxEnv, pods: readonly SubsetPods[]): Promise<void> {
  noteSubsets(env, new URL(env.envoyAdmin).host, pods)
  const response = await fetch(`${env.prometheus}/-/reload`, { method: 'POST' })
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`)
}

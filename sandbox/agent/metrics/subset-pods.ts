import type { KubernetesObject, V1Pod } from '@kubernetes/client-node'
import { guessOf } from '../../parts/prometheus-config.ts'
import type { SubsetPods } from '../../parts/prometheus-config.ts'
import { meshHost } from '../mesh-objects.ts'
import { versionOf, workloadName } from '../sidecar-config.ts'

type Labels = Readonly<Record<string, string>>

/** A DestinationRule, as far as metrics care. */
export type Rule = KubernetesObject & {
  readonly spec?: {
    readonly host?: string
    readonly subsets?: readonly { readonly name: string; readonly labels?: Labels }[]
  }
}

/**
 * What Istio would report of pods behind subsets, where their names do not tell. Pods of a service have its name as the
 * label `app` here.
 */
export function subsetPods(rules: readonly Rule[], pods: readonly V1Pod[]): SubsetPods[] {
  return rules
    .flatMap((rule) => podsOfRule(rule, pods))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function podsOfRule({ metadata, spec = {} }: Rule, pods: readonly V1Pod[]): SubsetPods[] {
  const host = meshHost(spec.host ?? '', metadata?.namespace ?? 'default')
  const [service = '', namespace] = host.split('.')
  const own = pods.filter((pod) => pod.metadata?.namespace === namespace && labelsOf(pod)['app'] === service)
  return (spec.subsets ?? []).flatMap(({ name, labels = {} }) => {
    const pod = own.find((one) => hasAll(labelsOf(one), labels))
    if (pod === undefined) return []
    const [workload, version] = [workloadName(pod), versionOf(labelsOf(pod))]
    const guess = guessOf(name, service)
    if (guess.version === version && guess.workload === workload) return []
    return [{ host, subset: name, workload, ...(version !== undefined && { version }) }]
  })
}

function labelsOf({ metadata }: V1Pod): Labels {
  return metadata?.labels ?? {}
}

function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

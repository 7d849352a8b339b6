import type { PlannedStep } from '../../../src/core/plan.ts'
import { holdOf } from '../../../src/core/policy/floors.ts'
import type { Hold } from '../../../src/core/policy/floors.ts'
import { runControllers } from '../../fakes/controllers.ts'
import { Stage } from '../stage.ts'

const NAMESPACE = 'shop'

/** Steps of no length with these weights. */
export function steps(...weights: number[]): PlannedStep[] {
  return weights.map((weight) => ({ weight, holdMs: 0 }))
}

/** The stage with so many pods of each version, and Kubernetes' own controllers at work. */
export class Harbour extends Stage {
  /** How many pods of a workload become ready; all, unless told otherwise. */
  readonly nursery = { ready: Infinity }

  constructor() {
    super()
    runControllers(this.cluster.store, this.cluster.cache, this.nursery)
    this.answer('v2', 0)
  }

  /** Somebody scales a version. */
  scale(version: string, replicas: number): void {
    this.change('Deployment', version, { replicas })
  }

  /** Somebody changes fields of the spec of an object of a version. */
  change(kind: string, version: string, spec: Record<string, unknown>): void {
    const ref = { namespace: NAMESPACE, name: `reviews-${version}` }
    this.cluster.store.change(kind, ref, (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), ...spec },
    }))
  }

  /** An autoscaler for a version. */
  autoscale(version: string, minReplicas: number, maxReplicas = 9): void {
    const name = `reviews-${version}`
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name }
    this.cluster.store.create({
      kind: 'HorizontalPodAutoscaler',
      metadata: { namespace: NAMESPACE, name },
      spec: { scaleTargetRef, minReplicas, maxReplicas },
    })
  }

  /** The floor of a version's autoscaler, and who holds it. */
  floor(version: string): { readonly minReplicas: unknown; readonly hold: Hold | undefined } {
    const object = this.cluster.store.read('HorizontalPodAutoscaler', {
      namespace: NAMESPACE,
      name: `reviews-${version}`,
    })
    const { minReplicas } = (object?.['spec'] ?? {}) as { minReplicas?: number }
    const annotations = object?.metadata['annotations'] as Record<string, string> | undefined
    return { minReplicas, hold: holdOf(annotations) }
  }

  /** A budget over the pods of both versions. */
  budget(minAvailable: number): void {
    this.cluster.store.create({
      kind: 'PodDisruptionBudget',
      metadata: { namespace: NAMESPACE, name: 'reviews' },
      spec: { selector: { matchLabels: { app: 'reviews' } }, minAvailable },
    })
  }

  /** Messages of the events with a reason. */
  told(reason: string): string[] {
    return this.cluster.rollouts.events.flatMap(({ event }) =>
      event.reason === reason ? [event.message] : [],
    )
  }
}

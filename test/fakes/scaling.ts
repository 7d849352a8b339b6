import { HELD_ANNOTATION } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import type { BudgetView } from '../../src/core/policy/budgets.ts'
import { holdOf, holdText } from '../../src/core/policy/floors.ts'
import type { AutoscalerView, Floor } from '../../src/core/policy/floors.ts'
import type { LabelSelector } from '../../src/core/policy/selector.ts'
import { ConflictError } from '../../src/ports.ts'
import type { Scaling } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'

const AUTOSCALER = 'HorizontalPodAutoscaler'

/** Sizes of workloads in memory, as manifests of Kubernetes. */
export function fakeScaling(store: ObjectStore, cache: CachedView): Scaling {
  return {
    autoscalers: (namespace?: string) => cache.list(AUTOSCALER, namespace).map(autoscalerView),
    budgets: (namespace) => cache.list('PodDisruptionBudget', namespace).map(budgetView),
    scale: async ({ kind, namespace, name, replicas }, next) => {
      if (replicas === undefined) return undefined
      const cached = cache.read(kind, { namespace, name })
      return editing(store, cached, (object) => {
        const { replicas: from = 1 } = object['spec'] as { replicas?: number }
        const to = next(from)
        if (to === undefined || to === from) return undefined
        const spec = { ...(object['spec'] as object), replicas: to }
        return { object: { ...object, spec }, changed: { from, to } }
      })
    },
    setFloor: async (ref, edit) =>
      editing(store, cache.read(AUTOSCALER, ref), (object) => {
        const from = autoscalerView(object)
        const to = edit(from)
        if (to === undefined) return undefined
        return { object: withFloor(object, to), changed: { from, to } }
      }),
    remove: async ({ kind, namespace, name, uid }) => {
      if (store.read(kind, { namespace, name })?.metadata.uid === uid) store.delete(kind, { namespace, name })
    },
  }
}

/** Writes with the version of the cached object, and with the newest after a conflict. */
function editing<T>(
  store: ObjectStore,
  cached: StoredObject | undefined,
  edit: (object: StoredObject) => { object: StoredObject; changed: T } | undefined,
): T | undefined {
  const current = cached && store.read(cached.kind, cached.metadata)
  const edited = current && cached && edit(cached)
  if (edited === undefined) return undefined
  try {
    store.replace(edited.object)
    return edited.changed
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    return editing(store, current, edit)
  }
}

interface AutoscalerSpec {
  readonly scaleTargetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string }
  readonly minReplicas?: number
  readonly maxReplicas: number
}

type Annotations = Readonly<Record<string, string>>

function annotationsOf({ metadata }: StoredObject): Annotations {
  return (metadata as { annotations?: Annotations }).annotations ?? {}
}

function autoscalerView(object: StoredObject): AutoscalerView {
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = object['spec'] as AutoscalerSpec
  const { apiVersion, kind, name } = scaleTargetRef
  const hold = holdOf(annotationsOf(object))
  return {
    ...refOf(object),
    target: { group: apiVersion.split('/')[0] ?? '', kind, name },
    minReplicas,
    maxReplicas,
    ...(hold && { hold }),
  }
}

function withFloor(object: StoredObject, { minReplicas, hold }: Floor): StoredObject {
  const { [HELD_ANNOTATION]: _old, ...others } = annotationsOf(object)
  const annotations = hold ? { ...others, [HELD_ANNOTATION]: holdText(hold) } : others
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: { ...(object['spec'] as object), minReplicas },
  }
}

interface BudgetSpec {
  readonly selector?: Partial<LabelSelector>
  readonly minAvailable?: number | string
  readonly maxUnavailable?: number | string
}

function budgetView(object: StoredObject): BudgetView {
  const { selector, minAvailable, maxUnavailable } = object['spec'] as BudgetSpec
  return {
    name: object.metadata.name,
    matchLabels: selector?.matchLabels ?? {},
    matchExpressions: selector
      ? (selector.matchExpressions ?? [])
      : [{ key: 'none', operator: 'In', values: [] }],
    ...(minAvailable !== undefined && { minAvailable }),
    ...(maxUnavailable !== undefined && { maxUnavailable }),
  }
}

function refOf({ metadata }: StoredObject): ObjectRef {
  return { namespace: metadata.namespace, name: metadata.name }
}

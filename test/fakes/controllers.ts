import { autoscalerOf } from '../../src/core/policy/floors.ts'
import type { CachedView } from './cached-view.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'
import { fakeScaling } from './scaling.ts'
import { fakeWorkloads, labelsOf } from './workloads.ts'

/** How pods of a workload come up: the first so many become ready. */
export interface Nursery {
  ready: number
}

/** What Kubernetes' own controllers do: pods follow the size of their Deployment at once, and sizes follow floors. */
export function runControllers(store: ObjectStore, cache: CachedView, nursery: Nursery): void {
  store.subscribe((object, what) => {
    if (object.kind === 'Deployment') followSize(store, object, what === 'deleted' ? 0 : undefined, nursery)
    if (object.kind === 'HorizontalPodAutoscaler' || object.kind === 'Deployment') followFloors(store, cache)
  })
}

function followSize(
  store: ObjectStore,
  { metadata, ...object }: StoredObject,
  size: number | undefined,
  nursery: Nursery,
): void {
  const { replicas = 1, template } = object['spec'] as { replicas?: number; template: { metadata: unknown } }
  const isOwn = ({ metadata: { name } }: StoredObject) =>
    name.startsWith(`${metadata.name}-`) && /^\d+$/.test(name.slice(metadata.name.length + 1))
  const pods = store.list('Pod', metadata.namespace).filter(isOwn)
  for (const pod of pods.slice(size ?? replicas)) store.delete('Pod', pod.metadata)
  for (let index = pods.length; index < (size ?? replicas); index++) {
    const status = index < nursery.ready ? 'True' : 'False'
    store.create({
      kind: 'Pod',
      metadata: {
        namespace: metadata.namespace,
        name: `${metadata.name}-${index}`,
        labels: labelsOf(template.metadata),
      },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status }] },
    })
  }
}

/** An autoscaler of a workload without pods sleeps. */
function followFloors(store: ObjectStore, cache: CachedView): void {
  const workloads = fakeWorkloads(cache)
  const scaling = fakeScaling(store, cache)
  for (const workload of workloads.workloads('shop', { app: 'reviews' })) {
    const floor = autoscalerOf(workload, scaling.autoscalers('shop'))?.minReplicas ?? 0
    if (workload.replicas !== 0) void scaling.scale(workload, (now) => (now < floor ? floor : undefined))
  }
}

import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { V1HorizontalPodAutoscalerSpec, V1PodDisruptionBudgetSpec } from '@kubernetes/client-node'
import { FIELD_MANAGER, HELD_ANNOTATION, keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { BudgetView } from '../../core/policy/budgets.ts'
import { holdOf, holdText } from '../../core/policy/floors.ts'
import type { AutoscalerView, Floor, FloorEdit } from '../../core/policy/floors.ts'
import { ConflictError } from '../../ports.ts'
import type { Changed, Scaling, WorkloadView } from '../../ports.ts'
import { AUTOSCALERS } from './caches.ts'
import type { Caches, Kind, Raw } from './caches.ts'
import { orConflict, unlessMissing } from './client.ts'
import type { KubernetesClient } from './client.ts'

/** Conflicts in a row after which a write is given up, to be made again by whoever asked for it. */
const MOST_CONFLICTS = 20
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)

/** Sizes of workloads: read from caches, written through the scale subresource with the version that was read. */
export function scalingOf(client: KubernetesClient, caches: Caches): Scaling {
  const io = new ScalingIo(client, caches)
  return {
    autoscalers: (namespace) =>
      caches.autoscalers
        .list(namespace)
        .map((raw) => autoscalerView(caches.autoscalers.get(refOf(raw)) ?? raw)),
    budgets: (namespace) => caches.budgets.list(namespace).map(budgetView),
    scale: async (workload, next) => io.scale(workload, next),
    setFloor: async (autoscaler, edit) => io.setFloor(autoscaler, edit),
    remove: async (workload) => io.remove(workload),
  }
}

/** A size, and the version of the object that has it. */
interface Sized {
  readonly replicas: number
  readonly resourceVersion: string
}

class ScalingIo {
  readonly #client: KubernetesClient
  readonly #caches: Caches

  constructor(client: KubernetesClient, caches: Caches) {
    this.#client = client
    this.#caches = caches
  }

  async scale(
    workload: WorkloadView,
    next: (replicas: number) => number | undefined,
  ): Promise<Changed<number> | undefined> {
    const { replicas, resourceVersion } = workload
    if (replicas === undefined) return undefined
    const cached: Sized = { replicas, resourceVersion }
    return editing(`${workload.resource} ${keyOf(workload)}`, cached, {
      read: async () => this.#readScale(workload),
      write: async (now) => {
        const to = next(now.replicas)
        if (to === undefined || to === now.replicas) return undefined
        return (await this.#writeScale(workload, { ...now, replicas: to }))
          ? { from: now.replicas, to }
          : undefined
      },
    })
  }

  async setFloor(autoscaler: AutoscalerView, edit: FloorEdit): Promise<Changed<Floor> | undefined> {
    const cached = this.#caches.autoscalers.get(autoscaler)
    return editing(`HorizontalPodAutoscaler ${keyOf(autoscaler)}`, cached, {
      read: async () => this.#readAutoscaler(autoscaler),
      write: async (raw) => {
        const from = autoscalerView(raw)
        const to = edit(from)
        if (to === undefined) return undefined
        return (await this.#writeFloor(raw, to)) ? { from, to } : undefined
      },
    })
  }

  async remove(workload: WorkloadView): Promise<void> {
    const body = { preconditions: { uid: workload.uid }, propagationPolicy: 'Background' }
    try {
      await orConflict(this.#client.custom.deleteNamespacedCustomObject({ ...this.#placeOf(workload), body }))
    } catch (error) {
      // Another one has its name by now.
      if (!(error instanceof ConflictError)) throw error
    }
  }

  async #readScale(workload: WorkloadView): Promise<Sized | undefined> {
    const request = this.#client.custom.getNamespacedCustomObjectScale(this.#placeOf(workload))
    const scale = (await unlessMissing(request)) as Raw | undefined
    if (scale === undefined) return undefined
    const { replicas = 0 } = scale.spec as { replicas?: number }
    return { replicas, resourceVersion: scale.metadata?.resourceVersion ?? '' }
  }

  async #writeScale(workload: WorkloadView, { replicas, resourceVersion }: Sized): Promise<boolean> {
    const body = { metadata: { resourceVersion }, spec: { replicas } }
    const request = { ...this.#placeOf(workload), body, fieldManager: FIELD_MANAGER }
    return (
      (await orConflict(this.#client.custom.patchNamespacedCustomObjectScale(request, MERGE))) !== undefined
    )
  }

  async #readAutoscaler(ref: ObjectRef): Promise<Raw | undefined> {
    const request = { ...AUTOSCALERS, namespace: ref.namespace, name: ref.name }
    return (await unlessMissing(this.#client.custom.getNamespacedCustomObject(request))) as Raw | undefined
  }

  async #writeFloor({ metadata }: Raw, { minReplicas, hold }: Floor): Promise<boolean> {
    const { namespace = '', name = '', resourceVersion } = metadata ?? {}
    const annotations = { [HELD_ANNOTATION]: hold ? holdText(hold) : null }
    const body = { metadata: { resourceVersion, annotations }, spec: { minReplicas } }
    const request = { ...AUTOSCALERS, namespace, name, body, fieldManager: FIELD_MANAGER }
    const written = (await orConflict(this.#client.custom.patchNamespacedCustomObject(request, MERGE))) as
      Raw | undefined
    if (written !== undefined) this.#caches.autoscalers.note(written)
    return written !== undefined
  }

  #placeOf({ namespace, name, resource }: WorkloadView): Kind & ObjectRef {
    const kind = this.#caches.workloads.find((one) => one.resource === resource)?.kind
    if (kind === undefined) throw new Error(`${resource} is not watched`)
    return { ...kind, namespace, name }
  }
}

/** Tries with what is cached first, with what is there after a conflict. */
async function editing<T, R>(
  what: string,
  cached: T | undefined,
  io: { read: () => Promise<T | undefined>; write: (now: T) => Promise<R | undefined> },
): Promise<R | undefined> {
  let now = cached
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
    if (now === undefined) return undefined
    try {
      return await io.write(now)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      now = await io.read()
    }
  }
  throw new ConflictError(`${what} changed ${MOST_CONFLICTS} times while it was written`)
}

function refOf({ metadata }: Raw): ObjectRef {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }
}

function autoscalerView(raw: Raw): AutoscalerView {
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = raw.spec as V1HorizontalPodAutoscalerSpec
  const { apiVersion = '', kind, name } = scaleTargetRef
  const hold = holdOf(raw.metadata?.annotations)
  return {
    ...refOf(raw),
    target: { group: apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '', kind, name },
    minReplicas,
    maxReplicas,
    ...(hold && { hold }),
  }
}

function budgetView(raw: Raw): BudgetView {
  const { selector, minAvailable, maxUnavailable } = (raw.spec ?? {}) as V1PodDisruptionBudgetSpec
  return {
    name: raw.metadata?.name ?? '',
    // Without a selector it means no pod, with an empty one all of the namespace.
    matchLabels: selector?.matchLabels ?? {},
    matchExpressions: selector ? (selector.matchExpressions ?? []) : NO_POD,
    ...(minAvailable !== undefined && { minAvailable }),
    ...(maxUnavailable !== undefined && { maxUnavailable }),
  }
}

const NO_POD = [{ key: 'none', operator: 'In', values: [] }]

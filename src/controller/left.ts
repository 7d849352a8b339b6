import { apply } from '../activities/apply.ts'
import { keyOf } from '../api/names.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../api/v1alpha1/status.ts'
import type { PlannedVirtualService } from '../core/plan.ts'
import { queryOf, refOfPlanned } from '../core/policy/planned.ts'
import { disowned, isGenerated } from '../core/traffic/generated.ts'
import { knowSubset } from '../core/traffic/proxies.ts'
import { subsetsInUse } from '../core/traffic/route.ts'
import type { MeshObject, VirtualService } from '../core/traffic/types.ts'
import { forgetMarks } from './marks.ts'
import { IN_USE_MS, madeFor, remove } from './removal.ts'
import type { RemovalPorts } from './removal.ts'
import type { Kept } from './upkeep.ts'

/**
 * What a Rollout leaves behind when it goes, or when its spec names other objects: its marks are taken away, and what
 * Sluice made for it is removed.
 */
export class LeftObjects {
  readonly #ports: RemovalPorts
  /** Uid and generation for which nothing is left, by `namespace/name`. */
  readonly #cleared = new Map<string, string>()

  constructor(ports: RemovalPorts) {
    this.#ports = ports
  }

  /**
   * Clears away what is left of a Rollout (`namespace/name`) that is gone. Tells in how many milliseconds to go on;
   * undefined when nothing is left. Throws when somebody else wrote meanwhile, or the API server refuses.
   */
  async clearGone(rollout: string): Promise<number | undefined> {
    this.#cleared.delete(rollout)
    await forgetMarks(this.#ports.mesh, rollout)
    return remove(this.#ports, madeFor(this.#ports.mesh, rollout))
  }

  /**
   * Clears away what the spec does not name any more, as soon as no release may still need it: once for each generation,
   * since all objects of the mesh are looked through. Tells and throws as {@link clearGone} does.
   */
  async clearUnnamed(kept: Kept): Promise<number | undefined> {
    const { meta } = kept.rollout
    const key = keyOf(meta)
    const generation = `${meta.uid} ${meta.generation}`
    if (!isIdle(kept.rollout) || this.#cleared.get(key) === generation) return undefined
    const againInMs = await this.#clear(kept, key)
    if (againInMs === undefined) this.#cleared.set(key, generation)
    return againInMs
  }

  async #clear(kept: Kept, key: string): Promise<number | undefined> {
    const { mesh } = this.#ports
    const named = namesOf(kept)
    await forgetMarks(mesh, key, (object) => !named.has(nameOf(object)))
    if (kept.plan.generated !== undefined) return undefined
    const { routes, rules } = madeFor(mesh, key)
    for (const object of [...routes, ...rules].filter((one) => named.has(nameOf(one))))
      await this.#disown(object, key)
    const left = {
      routes: routes.filter((object) => !named.has(nameOf(object))),
      rules: rules.filter((object) => !named.has(nameOf(object))),
    }
    if (left.routes.length > 0 && !(await this.#canTakeOver(kept))) return IN_USE_MS
    return remove(this.#ports, left)
  }

  /** What the spec names among existing objects is somebody's own, and stays when the Rollout goes. */
  async #disown({ kind, metadata }: MeshObject, key: string): Promise<void> {
    const ref = { kind, namespace: metadata.namespace, name: metadata.name }
    await apply(this.#ports.mesh, ref, (object) => ({
      object: isGenerated(object, key) ? disowned(object, key) : object,
    }))
  }

  /** Are the objects there that the spec names instead, and do the proxies know where they lead? */
  async #canTakeOver(kept: Kept): Promise<boolean> {
    if (kept.destinationRule === undefined) return false
    const leads = kept.plan.virtualServices.map(async (planned, place) =>
      this.#leadsToPods(kept, planned, kept.virtualServices[place]),
    )
    return !(await Promise.all(leads)).includes(false)
  }

  async #leadsToPods(
    { rollout, plan }: Kept,
    planned: PlannedVirtualService,
    object: VirtualService | undefined,
  ): Promise<boolean> {
    if (object === undefined) return false
    const query = queryOf(plan, planned, rollout.meta)
    const subsets = subsetsInUse(object, query).filter((subset) => subset !== undefined)
    if (subsets.length === 0) return true
    const virtualService = refOfPlanned(planned, rollout.meta)
    const view = await this.#ports.propagation.look({ service: query.service, virtualService, subsets })
    return subsets.every((subset) => knowSubset(view, subset))
  }
}

/**
 * No release needs an object that the spec does not name: the way back is over, and the spec as it is now was found to be
 * in order. One that names an object by mistake is corrected in a moment, and must find all as it was.
 */
function isIdle({ meta, status }: RawRollout): boolean {
  const isOver = (status.release?.phase ?? 'Done') === 'Done'
  return meta.deletionTimestamp === undefined && isOver && isReady(status, meta.generation)
}

function isReady({ conditions }: RolloutStatus, generation: number): boolean {
  return (conditions ?? []).some(
    ({ type, status, observedGeneration }) =>
      type === 'Ready' && status === 'True' && observedGeneration === generation,
  )
}

function namesOf({ rollout: { meta }, plan }: Kept): ReadonlySet<string> {
  const { namespace } = meta
  const rule = { kind: 'DestinationRule', metadata: { namespace, name: plan.destinationRule } } as const
  const routes = plan.virtualServices.map((planned) => {
    return nameOf({ kind: 'VirtualService', metadata: refOfPlanned(planned, meta) })
  })
  return new Set([nameOf(rule), ...routes])
}

function nameOf({
  kind,
  metadata,
}: Pick<MeshObject, 'kind'> & { metadata: { namespace: string; name: string } }) {
  return `${kind} ${keyOf(metadata)}`
}

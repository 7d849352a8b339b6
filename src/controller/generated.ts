import { apply } from '../activities/apply.ts'
import { keyOf } from '../api/names.ts'
import type { Plan, PlannedObjects } from '../core/plan.ts'
import { readyByVersion } from '../core/policy/pods.ts'
import { isResting } from '../core/policy/rest.ts'
import { generatedRule, generatedVirtualService, reachedAs, unmakeable } from '../core/traffic/generated.ts'
import type { Claim, Making } from '../core/traffic/generated.ts'
import { markOf } from '../core/traffic/mark.ts'
import { knowSubset } from '../core/traffic/proxies.ts'
import { subsetName } from '../core/traffic/subsets.ts'
import type { ServiceHost, VirtualService } from '../core/traffic/types.ts'
import type { Mesh, MeshMaking, Propagation, Workloads } from '../ports.ts'
import type { Kept, Pending } from './upkeep.ts'

/** Time until it is asked again what was not so a moment ago (milliseconds). */
const SOON_MS = 250
const LATER_MS = 1000

interface GeneratedPorts {
  readonly mesh: Mesh
  readonly making: MeshMaking
  readonly workloads: Workloads
  readonly propagation: Propagation
}

/** Why objects cannot be made; it goes on when that changes. */
export interface Unmakeable {
  readonly refused: string
}

type WithObjects = Plan & { readonly generated: PlannedObjects }

/** Makes VirtualService and DestinationRule of Rollouts that ask for it: a subset is there before it is named. */
export class Generated {
  readonly #ports: GeneratedPorts

  constructor(ports: GeneratedPorts) {
    this.#ports = ports
  }

  /** Makes what is missing. Throws when the API server does not answer, or somebody else wrote meanwhile. */
  async ensure(kept: Kept): Promise<'Right' | 'Mended' | Pending | Unmakeable> {
    const { rollout, plan } = kept
    const service = this.#ports.workloads.service(serviceOf(kept))
    if (!hasObjects(plan) || service === undefined || rollout.meta.deletionTimestamp !== undefined)
      return 'Right'
    const refused = unmakeable(claimOf(kept, plan), this.#ports.mesh.virtualServices())
    if (refused !== undefined) return { refused }
    const alive = Object.keys(readyByVersion(this.#podsOf(kept, service.selector), plan.versionLabel))
    const stable = stableOf(kept, alive)
    if (stable === undefined)
      return {
        refused: `nobody tells which version users have: set spec.initialVersion (with ready pods: ${alive.join(', ') || 'none'})`,
      }
    return this.#make(kept, makingOf(kept, plan, stable), alive)
  }

  async #make(kept: Kept, making: Making, alive: readonly string[]): Promise<'Right' | 'Mended' | Pending> {
    const { destinationRule, virtualServices } = kept
    if (destinationRule === undefined) {
      await this.#ports.making.create(generatedRule(making))
      return pending(`DestinationRule ${making.name} was made`, SOON_MS)
    }
    const [object] = virtualServices
    if (object !== undefined) return this.#reach(kept, object, making)
    // A release that lost its VirtualService ends first.
    if (!isResting(kept.rollout.status)) return 'Right'
    const { stable, name } = making
    if (!alive.includes(stable))
      return pending(`VirtualService ${name} is made as soon as a pod of ${stable} is ready`, LATER_MS)
    if (!(await this.#isKnown(making)))
      return pending(
        `VirtualService ${name} is made as soon as the proxies know the subset of ${stable}`,
        SOON_MS,
      )
    await this.#ports.making.create(generatedVirtualService(making))
    return 'Mended'
  }

  /** Gateways and hosts may change between releases. */
  async #reach(
    { rollout }: Kept,
    object: VirtualService,
    { planned, service }: Making,
  ): Promise<'Right' | 'Mended'> {
    if (!isResting(rollout.status) || reachedAs(object, planned, service) === object) return 'Right'
    const { kind, metadata } = object
    const ref = { kind, namespace: metadata.namespace, name: metadata.name }
    await apply<VirtualService>(this.#ports.mesh, ref, (now) => ({
      object: reachedAs(now, planned, service),
    }))
    return 'Mended'
  }

  async #isKnown({ name, service, stable }: Making): Promise<boolean> {
    const subset = subsetName(stable)
    const virtualService = { namespace: service.namespace, name }
    return knowSubset(
      await this.#ports.propagation.look({ service, virtualService, subsets: [subset] }),
      subset,
    )
  }

  #podsOf({ rollout }: Kept, selector: Readonly<Record<string, string>>) {
    return this.#ports.workloads.pods(rollout.meta.namespace, selector)
  }
}

function pending(message: string, againInMs: number): Pending {
  return { reason: 'Preparing', message, againInMs }
}

function hasObjects(plan: Plan): plan is WithObjects {
  return plan.generated !== undefined
}

function serviceOf({ rollout, plan }: Pick<Kept, 'rollout' | 'plan'>): ServiceHost {
  return { namespace: rollout.meta.namespace, name: plan.service }
}

/** What marks, status and `initialVersion` say, whoever of them has ready pods first; else the only version that has. */
function stableOf(
  { rollout, virtualServices, destinationRule }: Kept,
  alive: readonly string[],
): string | undefined {
  const key = keyOf(rollout.meta)
  const marks = [virtualServices[0], destinationRule].flatMap(
    (object) => (object && markOf(object, key)?.stable) ?? [],
  )
  const { initialVersion } = rollout.spec as { initialVersion?: string }
  const said = [...marks, rollout.status.stableVersion, initialVersion].filter(
    (version) => version !== undefined,
  )
  const only = alive.length === 1 ? alive[0] : undefined
  return said.find((version) => alive.includes(version)) ?? only ?? said[0]
}

function claimOf({ rollout, virtualServices, destinationRule }: Kept, plan: WithObjects): Claim {
  const service = serviceOf({ rollout, plan })
  const standing = [virtualServices[0], destinationRule]
  return { name: rollout.meta.name, service, planned: plan.generated, standing }
}

function makingOf({ rollout, plan }: Kept, { generated, versionLabel }: WithObjects, stable: string): Making {
  const { meta, status } = rollout
  const mark = {
    rollout: keyOf(meta),
    uid: meta.uid,
    release: status.release?.id ?? '',
    seq: status.release?.seq ?? 0,
  }
  const service = serviceOf({ rollout, plan })
  return { name: meta.name, service, planned: generated, versionLabel, stable, mark }
}

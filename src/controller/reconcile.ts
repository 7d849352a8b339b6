import { refOf } from '../api/names.ts'
import { parseReadable, parseSpec } from '../api/v1alpha1/rollout.ts'
import type { ParsedSpec, RawRollout } from '../api/v1alpha1/rollout.ts'
import { contentHash } from '../core/hash.ts'
import type { Wanted } from '../core/machine/state.ts'
import { decide, isActive } from '../core/policy/decide.ts'
import type { Decision, Sight } from '../core/policy/decide.ts'
import { selectorOf } from '../core/policy/pods.ts'
import { takenOf } from '../core/policy/ownership.ts'
import { isResting } from '../core/policy/rest.ts'
import { refOfPlanned } from '../core/policy/planned.ts'
import { planOf } from '../core/plan.ts'
import type { Plan } from '../core/plan.ts'
import { templateHashOf } from '../core/policy/templates.ts'
import { servingNames } from '../core/status/serving.ts'
import type { Standing } from '../core/status/conditions.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../core/status/settle.ts'
import type { DestinationRule } from '../core/traffic/types.ts'
import { Generated } from './generated.ts'
import type { Unmakeable } from './generated.ts'
import { LeftObjects } from './left.ts'
import { Upkeep } from './upkeep.ts'
import type { Kept, Pending } from './upkeep.ts'
import type {
  Clock,
  Engine,
  Mesh,
  MeshMaking,
  Propagation,
  RolloutStore,
  Scaling,
  Workloads,
} from '../ports.ts'

/** What the reconciler needs. */
export interface ControllerPorts {
  readonly store: RolloutStore
  readonly mesh: Mesh
  readonly making: MeshMaking
  readonly workloads: Workloads
  readonly propagation: Propagation
  readonly scaling: Scaling
  readonly engine: Engine
  readonly clock: Clock
}

function heldUp(why: Pending | Unmakeable): Decision & { kind: 'Settle' } {
  const standing: Standing =
    'refused' in why
      ? { type: 'Stalled', reason: 'PreflightFailed', message: why.refused }
      : { type: 'Reconciling', reason: why.reason, message: why.message }
  return { kind: 'Settle', standing }
}

/** What is kept of a Rollout; undefined of one whose spec is invalid. */
function keptOf(sight: Sight): Kept | undefined {
  const { rollout, parsed } = sight
  if ('problems' in parsed) return undefined
  return { ...sight, wanted: parsed.spec.version, plan: planOf(parsed.spec, rollout.meta) }
}

function againInMs(kept: Keeping): number | undefined {
  return typeof kept === 'object' && 'againInMs' in kept ? kept.againInMs : undefined
}

/** What became of the objects of a Rollout. */
type Keeping = 'Right' | 'Mended' | Pending | Unmakeable

type Owned = Pick<Sight, 'taken'>

/**
 * A key in, at most one start or signal out. What it delivered it does not deliver again, unless asked for: a workflow
 * that runs already has it.
 */
export class Reconciler {
  readonly #ports: ControllerPorts
  readonly #upkeep: Upkeep
  readonly #generated: Generated
  readonly #left: LeftObjects
  /** Hash of what was delivered last, by uid. */
  readonly #delivered = new Map<string, string>()

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#upkeep = new Upkeep(ports)
    this.#generated = new Generated(ports)
    this.#left = new LeftObjects(ports)
  }

  /** Delivers anew at the next pass, even if nothing changed: a refused release looks again, a lost one begins again. */
  renew(key: string): void {
    const rollout = this.#ports.store.get(refOf(key))
    if (rollout) this.#delivered.delete(rollout.meta.uid)
  }

  /**
   * Brings the Rollout and its workflow together. Tells in how many milliseconds to look again, where nothing else would
   * tell. Throws when engine or API server cannot be reached.
   */
  async reconcile(key: string): Promise<number | undefined> {
    const rollout = this.#ports.store.get(refOf(key))
    if (!rollout) return this.#left.clearGone(key)
    const sight = await this.#look(rollout)
    const waits = [await (isActive(rollout.status) ? this.#goOn(sight) : this.#rest(sight))]
    waits.push(await this.#clearUnnamed(key, sight))
    const known = waits.filter((wait) => wait !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** By the status as it may be by now, unless the spec has changed, too: what that one names was not looked at. */
  async #clearUnnamed(key: string, sight: Sight): Promise<number | undefined> {
    const rollout = this.#ports.store.get(refOf(key))
    const kept = keptOf(sight)
    if (!rollout || !kept || rollout.meta.generation !== sight.rollout.meta.generation) return undefined
    return this.#left.clearUnnamed({ ...kept, rollout })
  }

  /**
   * A release hears what is wanted whatever upkeep waits for: the way back and a rollback wait for nothing. And the final
   * route is kept though the engine is away.
   */
  async #goOn(sight: Sight): Promise<number | undefined> {
    let kept: Keeping
    try {
      await this.#act(sight, decide(sight))
    } finally {
      kept = await this.#keep(sight)
    }
    return againInMs(kept)
  }

  /** Between releases a route is right before it is read. */
  async #rest(sight: Sight): Promise<number | undefined> {
    const kept = await this.#keep(sight)
    if (typeof kept === 'object') {
      await this.#settle(sight, heldUp(kept))
      return againInMs(kept)
    }
    const current = kept === 'Mended' ? await this.#look(sight.rollout) : sight
    await this.#act(current, decide(current))
    return undefined
  }

  /** Objects of our own are there, and the final route is as it should be, unless another Rollout owns a part of it. */
  async #keep(sight: Sight): Promise<Keeping> {
    const kept = keptOf(sight)
    if (kept === undefined) return 'Right'
    const made = await this.#generated.ensure(kept)
    return made === 'Right' && sight.taken === undefined ? this.#upkeep.keep(kept) : made
  }

  async #look(rollout: RawRollout): Promise<Sight> {
    const { namespace, deletionTimestamp } = rollout.meta
    // What a release has done must be undone, whatever became of the spec.
    const parsed = deletionTimestamp === undefined ? parseSpec(rollout.spec) : parseReadable(rollout.spec)
    if ('problems' in parsed) {
      return { rollout, parsed, virtualServices: [], destinationRule: undefined, templateHash: '' }
    }
    const { traffic, versionLabel, version } = parsed.spec
    const plan = planOf(parsed.spec, rollout.meta)
    const ofRule = {
      kind: 'DestinationRule' as const,
      namespace,
      name: plan.destinationRule,
    }
    const service = this.#ports.workloads.service({ namespace, name: traffic.service })
    const selector = selectorOf(service, versionLabel, version)
    const workloads = selector === undefined ? [] : this.#ports.workloads.workloads(namespace, selector)
    const virtualServices = await this.#virtualServices(plan, rollout)
    return {
      rollout,
      parsed,
      virtualServices,
      destinationRule: (await this.#ports.mesh.read(ofRule, 'Cached')) as DestinationRule | undefined,
      templateHash: templateHashOf(workloads),
      ...this.#whose(virtualServices, plan, rollout),
    }
  }

  async #virtualServices(plan: Plan, { meta }: RawRollout): Promise<Sight['virtualServices']> {
    const refs = plan.virtualServices.map((planned) => refOfPlanned(planned, meta))
    const reads = refs.map(async (ref) => this.#ports.mesh.read({ kind: 'VirtualService', ...ref }, 'Cached'))
    return (await Promise.all(reads)) as Sight['virtualServices']
  }

  /** A release that moves its routes is told by its own preflight. */
  #whose(objects: Sight['virtualServices'], plan: Plan, { meta, status }: RawRollout): Owned {
    if (!isResting(status)) return {}
    const rollouts = this.#ports.store.list()
    const taken = takenOf({ plan, objects, rollout: meta, rollouts })
    return taken === undefined ? {} : { taken }
  }

  async #act(sight: Sight, decision: Decision): Promise<void> {
    if (decision.kind === 'Deliver') await this.#deliver(sight.rollout, decision.wanted)
    if (decision.kind === 'Settle') await this.#settle(sight, decision)
  }

  async #deliver(rollout: RawRollout, wanted: Wanted): Promise<void> {
    const { uid, generation } = rollout.meta
    const hash = contentHash(wanted)
    if (this.#delivered.get(uid) === hash) return
    try {
      await this.#ports.engine.deliver(rollout.meta, wanted)
    } catch (error) {
      await this.#reportUnreachable(rollout, wanted.version, error)
      throw error
    }
    this.#delivered.set(uid, hash)
    const settling = { generation, now: this.#now(), version: wanted.version }
    await this.#ports.store.updateStatus(rollout.meta, (prior) => deliveredStatus(prior, settling))
  }

  async #reportUnreachable(rollout: RawRollout, version: string, error: unknown): Promise<void> {
    const problem = error instanceof Error ? error.message : String(error)
    const settling = { generation: rollout.meta.generation, now: this.#now(), version, problem }
    await this.#ports.store.updateStatus(rollout.meta, (prior) => unreachableStatus(prior, settling))
  }

  async #settle({ rollout, parsed }: Sight, decision: Decision & { kind: 'Settle' }): Promise<void> {
    const { standing, stableVersion } = decision
    const settling = {
      generation: rollout.meta.generation,
      now: this.#now(),
      version: 'spec' in parsed ? parsed.spec.version : undefined,
      ...(stableVersion !== undefined && {
        stableVersion,
        serving: this.#serving(rollout, parsed, stableVersion),
      }),
    }
    this.#delivered.delete(rollout.meta.uid)
    await this.#ports.store.updateStatus(rollout.meta, (prior) => settledStatus(prior, standing, settling))
  }

  #serving({ meta: { namespace } }: RawRollout, parsed: ParsedSpec, version: string): string[] {
    if ('problems' in parsed) return []
    const { workloads } = this.#ports
    const service = workloads.service({ namespace, name: parsed.spec.traffic.service })
    const selector = selectorOf(service, parsed.spec.versionLabel, version)
    return selector === undefined ? [] : servingNames(workloads.workloads(namespace, selector))
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString()
  }
}

import { refOf } from '../api/names.ts'
import { parseReadable, parseSpec } from '../api/v1alpha1/rollout.ts'
import type { ParsedSpec, RawRollout } from '../api/v1alpha1/rollout.ts'
import { contentHash } from '../core/hash.ts'
import type { Wanted } from '../core/machine/state.ts'
import { decide, isActive } from '../core/policy/decide.ts'
import type { Decision, Sight } from '../core/policy/decide.ts'
import { selectorOf } from '../core/policy/pods.ts'
import { takenOf } from '../core/policy/ownership.ts'
import { refOfPlanned } from '../core/policy/planned.ts'
import { planOf } from '../core/plan.ts'
import type { Plan } from '../core/plan.ts'
import { templateHashOf } from '../core/policy/templates.ts'
import { servingNames } from '../core/status/serving.ts'
import type { Standing } from '../core/status/conditions.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../core/status/settle.ts'
import type { DestinationRule } from '../core/traffic/types.ts'
import { forgetMarks } from './marks.ts'
import { Generated } from './generated.ts'
import type { Unmakeable } from './generated.ts'
import { Upkeep } from './upkeep.ts'
import type { Pending } from './upkeep.ts'
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

type Owned = Pick<Sight, 'taken'>

/**
 * A key in, at most one start or signal out. What it delivered it does not deliver again, unless asked for: a workflow
 * that runs already has it.
 */
export class Reconciler {
  readonly #ports: ControllerPorts
  readonly #upkeep: Upkeep
  readonly #generated: Generated
  /** Hash of what was delivered last, by uid. */
  readonly #delivered = new Map<string, string>()

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#upkeep = new Upkeep(ports)
    this.#generated = new Generated(ports)
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
    if (!rollout) {
      await forgetMarks(this.#ports.mesh, key)
      return this.#generated.remove(key)
    }
    const sight = await this.#look(rollout)
    const kept = await this.#keep(sight)
    if (typeof kept === 'object') {
      if (!isActive(rollout.status)) await this.#settle(sight, heldUp(kept))
      return 'refused' in kept ? undefined : kept.againInMs
    }
    const current = kept === 'Mended' ? await this.#look(rollout) : sight
    await this.#act(current, decide(current))
    return undefined
  }

  /** Objects of our own are there, and the final route is as it should be. */
  async #keep(sight: Sight): Promise<'Right' | 'Mended' | Pending | Unmakeable> {
    const { rollout, parsed } = sight
    if ('problems' in parsed) return 'Right'
    const kept = { ...sight, plan: planOf(parsed.spec, rollout.meta) }
    const made = await this.#generated.ensure(kept)
    return made === 'Right' ? this.#upkeep.keep(kept) : made
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

  /** A release under way is told by its own preflight. */
  #whose(objects: Sight['virtualServices'], plan: Plan, { meta, status }: RawRollout): Owned {
    if (isActive(status)) return {}
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

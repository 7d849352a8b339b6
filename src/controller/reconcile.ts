import { refOf } from '../api/names.ts'
import { parseSpec } from '../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { RolloutSpec } from '../api/v1alpha1/spec.ts'
import { contentHash } from '../core/hash.ts'
import type { Wanted } from '../core/machine/state.ts'
import { decide, isActive } from '../core/policy/decide.ts'
import type { Decision, Sight } from '../core/policy/decide.ts'
import { selectorOf } from '../core/policy/pods.ts'
import { whoseRoute } from '../core/policy/ownership.ts'
import { templateHashOf } from '../core/policy/templates.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../core/status/settle.ts'
import type { DestinationRule, VirtualService } from '../core/traffic/types.ts'
import { forgetMarks } from './marks.ts'
import type { Clock, Engine, Mesh, RolloutStore, Scaling, Workloads } from '../ports.ts'

/** What the reconciler needs. */
export interface ControllerPorts {
  readonly store: RolloutStore
  readonly mesh: Mesh
  readonly workloads: Workloads
  readonly scaling: Scaling
  readonly engine: Engine
  readonly clock: Clock
}

type Owned = Pick<Sight, 'taken'>

/**
 * A key in, at most one start or signal out. What it delivered it does not deliver again, unless asked for: a workflow
 * that runs already has it.
 */
export class Reconciler {
  readonly #ports: ControllerPorts
  /** Hash of what was delivered last, by uid. */
  readonly #delivered = new Map<string, string>()

  constructor(ports: ControllerPorts) {
    this.#ports = ports
  }

  /** Delivers anew at the next pass, even if nothing changed: a refused release looks again, a lost one begins again. */
  renew(key: string): void {
    const rollout = this.#ports.store.get(refOf(key))
    if (rollout) this.#delivered.delete(rollout.meta.uid)
  }

  /** Brings the Rollout and its workflow together. Throws when engine or API server cannot be reached. */
  async reconcile(key: string): Promise<void> {
    const rollout = this.#ports.store.get(refOf(key))
    if (!rollout) return forgetMarks(this.#ports.mesh, key)
    const sight = await this.#look(rollout)
    await this.#act(sight, decide(sight))
  }

  async #look(rollout: RawRollout): Promise<Sight> {
    const { namespace } = rollout.meta
    const parsed = parseSpec(rollout.spec)
    if ('problems' in parsed) {
      return { rollout, parsed, virtualService: undefined, destinationRule: undefined, templateHash: '' }
    }
    const { traffic, versionLabel, version } = parsed.spec
    const [virtualService] = traffic.existing.virtualServices
    const ofVirtualService = { kind: 'VirtualService' as const, namespace, name: virtualService?.name ?? '' }
    const ofRule = {
      kind: 'DestinationRule' as const,
      namespace,
      name: traffic.existing.destinationRule.name,
    }
    const service = this.#ports.workloads.service({ namespace, name: traffic.service })
    const selector = selectorOf(service, versionLabel, version)
    const workloads = selector === undefined ? [] : this.#ports.workloads.workloads(namespace, selector)
    const object = (await this.#ports.mesh.read(ofVirtualService, 'Cached')) as VirtualService | undefined
    return {
      rollout,
      parsed,
      virtualService: object,
      destinationRule: (await this.#ports.mesh.read(ofRule, 'Cached')) as DestinationRule | undefined,
      templateHash: templateHashOf(workloads),
      ...this.#whose(object, rollout, parsed.spec),
    }
  }

  /** A release under way is told by its own preflight. */
  #whose(object: VirtualService | undefined, { meta, status }: RawRollout, spec: RolloutSpec): Owned {
    if (object === undefined || isActive(status)) return {}
    const { service, existing } = spec.traffic
    const name = existing.virtualServices[0]?.routes?.[0]
    const query = { service: { namespace: meta.namespace, name: service }, name }
    const rollouts = this.#ports.store.list(meta.namespace)
    const taken = whoseRoute({ virtualService: object, query, rollout: meta, rollouts })
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
      ...(stableVersion !== undefined && { stableVersion }),
    }
    this.#delivered.delete(rollout.meta.uid)
    await this.#ports.store.updateStatus(rollout.meta, (prior) => settledStatus(prior, standing, settling))
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString()
  }
}

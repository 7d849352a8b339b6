import { apply } from '../activities/apply.ts'
import { keyOf } from '../api/names.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { Plan } from '../core/plan.ts'
import { contestAfter, contestedMessage, pauseOfContest } from '../core/policy/contest.ts'
import type { Contest } from '../core/policy/contest.ts'
import { queryOf, refOfPlanned } from '../core/policy/planned.ts'
import { readyByVersion } from '../core/policy/pods.ts'
import { restOf } from '../core/policy/rest.ts'
import type { Rest } from '../core/policy/rest.ts'
import { isServed } from '../core/policy/served.ts'
import type { TrafficContext } from '../core/traffic/context.ts'
import { lastWriter, strangersWeights } from '../core/traffic/drift.ts'
import { knowSubset } from '../core/traffic/proxies.ts'
import { contestedRemedy } from '../core/traffic/contested.ts'
import { keepRoute, keepSubset, restingSubset } from '../core/traffic/upkeep.ts'
import { findSubset } from '../core/traffic/subsets.ts'
import type { DestinationRule, VirtualService } from '../core/traffic/types.ts'
import type { Clock, Mesh, MeshRef, Propagation, RolloutStore, Workloads } from '../ports.ts'

/** Least time between two writes against somebody who goes on writing other weights (milliseconds). */
const PUT_BACK_MS = 1_000
/** Time until it is asked again what was not so a moment ago (milliseconds). */
const SOON_MS = 250

interface UpkeepPorts {
  readonly mesh: Mesh
  readonly workloads: Workloads
  readonly propagation: Propagation
  readonly store: RolloutStore
  readonly clock: Clock
}

/** A Rollout between releases, with the objects that its spec names. */
export interface Kept {
  readonly rollout: RawRollout
  /** The version that its spec asks for. */
  readonly wanted: string
  readonly plan: Plan
  readonly virtualServices: readonly (VirtualService | undefined)[]
  readonly destinationRule: DestinationRule | undefined
}

/** Something is not as it should be, and cannot be mended at once. */
export interface Pending {
  readonly reason: 'Drifted' | 'Preparing'
  readonly message: string
  /** Milliseconds until the next try. */
  readonly againInMs: number
}

type Outcome = 'Right' | 'Mended' | Pending

interface Route {
  readonly ref: MeshRef
  readonly object: VirtualService
  readonly context: TrafficContext
}

/**
 * Keeps the final route of Rollouts whose releases are over: what strangers write into the weights is put back, and the
 * subset that the route names is there. Somebody who comes back is named, and answered more seldom.
 */
export class Upkeep {
  readonly #ports: UpkeepPorts
  /** By the key of the VirtualService. */
  readonly #contests = new Map<string, Contest>()

  constructor(ports: UpkeepPorts) {
    this.#ports = ports
  }

  /** Mends what can be mended now; tells what cannot. Throws when the API server does not answer. */
  async keep(kept: Kept): Promise<Outcome> {
    const { rollout, virtualServices, destinationRule } = kept
    if (rollout.meta.deletionTimestamp !== undefined) return 'Right'
    const { meta, status } = rollout
    const alive = Object.keys(this.#readyPods(kept))
    const rest = restOf({ rollout: meta, status, virtualServices, destinationRule, alive })
    if (rest === undefined || destinationRule === undefined) return 'Right'
    const routes = routesOf(kept, rest, destinationRule)
    const outcomes = [await this.#keepSubsets(kept, rest, destinationRule, routes)]
    // The way back was asked for: whoever went it by hand is not sent forth first.
    const goesBack = kept.wanted === rest.former
    for (const route of goesBack ? [] : routes) outcomes.push(await this.#keepRoute(kept, rest, route))
    const pending = outcomes.find((outcome) => typeof outcome === 'object')
    return pending ?? (outcomes.includes('Mended') ? 'Mended' : 'Right')
  }

  async #keepSubsets(
    { rollout, plan }: Kept,
    rest: Rest,
    rule: DestinationRule,
    routes: readonly Route[],
  ): Promise<Outcome> {
    let outcome: Outcome = 'Right'
    const { versionLabel } = plan
    const { kind, metadata } = rule
    for (const version of [rest.version, ...(rest.former === undefined ? [] : [rest.former])]) {
      if (findSubset(rule, versionLabel, version) !== undefined) continue
      const subset = restingSubset(rule, { version, versionLabel }, routes)
      const ref = { kind, namespace: metadata.namespace, name: metadata.name }
      const edit = keepSubset({ version, subset }, versionLabel, rest)
      if ((await apply(this.#ports.mesh, ref, edit)) !== 'Written') continue
      const message = `${lastWriter(rule)} took the subset of ${version} out of DestinationRule ${keyOf(metadata)}; it is put back`
      await this.#tell(rollout, rest, 'Drifted', message)
      outcome = 'Mended'
    }
    return outcome
  }

  async #keepRoute(kept: Kept, rest: Rest, route: Route): Promise<Outcome> {
    const { ref, object, context } = route
    const edit = keepRoute(context, rest.mark)
    const edited = edit(object)
    if ('refused' in edited || edited.object === object) return 'Right'
    const message = strangersWeights(object, context)
    // Traffic is given only to a version that can answer.
    if (this.#readyPods(kept)[rest.version] === undefined)
      return {
        reason: 'Drifted',
        message: `${message}, as soon as a pod of ${rest.version} is ready`,
        againInMs: PUT_BACK_MS,
      }
    const answered = this.#isServed(kept, route)
    const waitMs = this.#waitMs(ref, answered)
    if (waitMs > 0) return { reason: 'Drifted', message, againInMs: waitMs }
    if (!(await this.#isKnown(kept, ref, context.stable.subset)))
      return {
        reason: 'Drifted',
        message: `${message}, as soon as the proxies know the subset`,
        againInMs: SOON_MS,
      }
    if ((await apply(this.#ports.mesh, ref, edit)) !== 'Written') return 'Right'
    const contest = this.#contestAfter(object)
    await this.#tell(kept.rollout, rest, 'Drifted', message)
    const remedy = contestedRemedy(contest, object)
    if (remedy !== undefined)
      await this.#tell(kept.rollout, rest, 'Contested', contestedMessage(contest, remedy, answered))
    return 'Mended'
  }

  /** Ready pods of the service by version; those without any are absent. */
  #readyPods({ rollout, plan }: Kept): Readonly<Record<string, number>> {
    const { namespace } = rollout.meta
    const { workloads } = this.#ports
    const service = workloads.service({ namespace, name: plan.service })
    return service === undefined
      ? {}
      : readyByVersion(workloads.pods(namespace, service.selector), plan.versionLabel)
  }

  /** Whoever comes back is answered more seldom, unless users pay for it. */
  #waitMs(ref: MeshRef, answered: boolean): number {
    const contest = this.#contests.get(keyOf(ref))
    if (contest === undefined) return 0
    const pauseMs = answered ? pauseOfContest(contest, PUT_BACK_MS) : PUT_BACK_MS
    return contest.lastAt + pauseMs - this.#ports.clock.now()
  }

  /** Is there a ready pod behind each subset to which the route leads now? */
  #isServed({ rollout, plan, destinationRule }: Kept, { object, context }: Route): boolean {
    const { namespace } = rollout.meta
    const service = this.#ports.workloads.service({ namespace, name: plan.service })
    return isServed(object, context.route, {
      rule: destinationRule,
      selector: service?.selector,
      pods: (labels) => this.#ports.workloads.pods(namespace, labels),
    })
  }

  async #isKnown({ rollout, plan }: Kept, { namespace, name }: MeshRef, subset: string): Promise<boolean> {
    const service = { namespace: rollout.meta.namespace, name: plan.service }
    const question = { service, virtualService: { namespace, name }, subsets: [subset] }
    return knowSubset(await this.#ports.propagation.look(question), subset)
  }

  #contestAfter(object: VirtualService): Contest {
    const key = keyOf(object.metadata)
    const contest = contestAfter(this.#contests.get(key), lastWriter(object), this.#ports.clock.now())
    this.#contests.set(key, contest)
    return contest
  }

  async #tell({ meta }: RawRollout, { mark }: Rest, reason: string, message: string): Promise<void> {
    await this.#ports.store.record(meta, { type: 'Warning', reason, message, seq: mark.seq })
  }
}

function routesOf(
  { rollout, plan, virtualServices }: Kept,
  { version, mark }: Rest,
  rule: DestinationRule,
): Route[] {
  const { rollout: key, uid, release, seq } = mark
  const found = plan.virtualServices.flatMap((planned, place) => {
    const object = virtualServices[place]
    if (object === undefined) return []
    const ref: MeshRef = { kind: 'VirtualService', ...refOfPlanned(planned, rollout.meta) }
    const context = {
      writer: { rollout: key, uid, release, seq },
      route: queryOf(plan, planned, rollout.meta),
    }
    return [{ ref, object, context }]
  })
  const side = { version, subset: restingSubset(rule, { version, versionLabel: plan.versionLabel }, found) }
  return found.map((route) => ({ ...route, context: { ...route.context, stable: side, canary: side } }))
}

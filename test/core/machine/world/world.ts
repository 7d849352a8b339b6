import { FINALIZER } from '../../../../src/api/names.ts'
import type { RawRollout } from '../../../../src/api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../../../src/api/v1alpha1/status.ts'
import type { ReleaseEvent, ResultEvent } from '../../../../src/core/machine/event.ts'
import { initialState } from '../../../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../../../src/core/machine/state.ts'
import { transition } from '../../../../src/core/machine/transition.ts'
import { decide } from '../../../../src/core/policy/decide.ts'
import type { Decision } from '../../../../src/core/policy/decide.ts'
import { isUnfinished } from '../../../../src/core/policy/truth.ts'
import { statusOf } from '../../../../src/core/status/status.ts'
import { forgetIdle } from '../../../../src/core/traffic/edits.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../../src/core/traffic/types.ts'
import { ObjectStore } from '../../../fakes/object-store.ts'
import { KEY, ROLLOUT, START } from '../../shop.ts'
import { actionOf } from './actions.ts'
import { routeOf } from './foreign.ts'
import { Knowledge } from './knowledge.ts'
import { gitDestinationRule, gitVirtualService } from './objects.ts'
import type { Scenery } from './objects.ts'
import { ReleaseChecks } from './release-checks.ts'
import { RestChecks } from './rest-checks.ts'
import { parsedSpec } from './spec.ts'
import type { Wish } from './spec.ts'
import { WriteChecks } from './write-checks.ts'

/** A run of an activity: it stops before every write and while it waits, and may never go on. */
interface Attempt {
  readonly state: ReleaseState
  readonly run: Generator<void, ResultEvent | undefined>
}

/** What the next look at the metrics says; `Renew`: that observing has been long and goes on as a new action. */
export type Verdict = 'Wait' | 'Pass' | 'Fail' | 'Renew'

/** An invariant of the design does not hold. */
class Violation extends Error {
  override readonly name = 'Violation'
}

/**
 * A cluster, a Rollout, its controller and its workflow in small: the real decisions and edits over a store with
 * optimistic concurrency. Nothing moves by itself; whoever drives the world says who takes the next step.
 */
export class World {
  readonly store = new ObjectStore(() => this.now)
  readonly scenery: Scenery
  readonly knowledge = new Knowledge(this)
  readonly writeChecks = new WriteChecks(this)
  readonly releaseChecks = new ReleaseChecks(this)
  readonly restChecks = new RestChecks(this)
  readonly pods: Record<string, number> = { v1: 4, v2: 4, v3: 4 }
  readonly templates: Record<string, string> = { v1: 'a1', v2: 'a2', v3: 'a3' }
  /** Subsets that a stranger named since our last write. */
  readonly strangeNames = new Set<string>()
  /** What writes now was given up on. */
  isZombieActing = false
  now = START
  verdict: Verdict = 'Wait'
  spec: Wish = { version: 'v1', paused: false, generation: 1 }
  status: RolloutStatus = {}
  finalizer = false
  deleting = false
  /** The release of the workflow that is open. */
  state: ReleaseState | undefined
  #attempt: Attempt | undefined
  #isStatusNew = false
  /** What the controller sent last. */
  #delivered: string | undefined
  readonly #inbox: ReleaseEvent[] = []
  readonly #zombies: Attempt[] = []
  readonly #log: string[] = []

  constructor(scenery: Scenery) {
    this.scenery = scenery
    this.store.create(gitVirtualService(scenery))
    this.store.create(gitDestinationRule(scenery))
  }

  get virtualService(): VirtualService | undefined {
    return this.store.read('VirtualService', ROLLOUT) as VirtualService | undefined
  }

  get destinationRule(): DestinationRule | undefined {
    return this.store.read('DestinationRule', ROLLOUT) as DestinationRule | undefined
  }

  /** The Rollout; undefined once it is deleted and nothing holds it. */
  get rollout(): RawRollout | undefined {
    if (this.deleting && !this.finalizer) return undefined
    return {
      meta: {
        ...ROLLOUT,
        generation: this.spec.generation,
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        finalizers: this.finalizer ? [FINALIZER] : [],
        ...(this.deleting && { deletionTimestamp: '2026-01-03T00:00:00Z' }),
      },
      spec: { paused: this.spec.paused },
      status: this.status,
    }
  }

  ready(version: string): number {
    return this.pods[version] ?? 0
  }

  /** A release is not ended, as the marks tell. */
  hasTraces(): boolean {
    const objects = [this.virtualService, this.destinationRule].filter((object) => object !== undefined)
    return objects.some((object) => isUnfinished(markOf(object, KEY)))
  }

  tell(text: string): void {
    this.#log.push(`${String((this.now - START) / 1000).padStart(5)} s  ${text}`)
  }

  /** Ends the run with what happened last. */
  violated(invariant: number, what: string): never {
    throw new Violation(`invariant ${invariant}: ${what}\n${this.#log.slice(-40).join('\n')}`)
  }

  /** Writes for an action of ours; throws a ConflictError as the API server would. */
  write(object: MeshObject, by: ReleaseState): void {
    const before = this.#read(object.kind)
    this.store.replace(object)
    const after = this.#read(object.kind)
    if (before === undefined || after === undefined) return
    this.tell(`${this.isZombieActing ? 'zombie ' : ''}${by.phase} ${by.seq} writes ${summary(after)}`)
    this.writeChecks.onWrite(before, after, by)
    this.restChecks.onWrite(before, after, by)
    if (after.kind !== 'VirtualService') return
    this.strangeNames.clear()
    this.releaseChecks.onTraffic(by)
  }

  /** Writes the status of a state, unless a later action has written. */
  writeStatus(state: ReleaseState): void {
    if (!this.rollout) return
    const status = statusOf(state, { prior: this.status, now: this.now })
    if (status === undefined) return
    this.releaseChecks.onStatus(this.status, status)
    this.status = status
    this.#isStatusNew = true
  }

  /** The controller watches: a status that was written makes it look. What it sent already it does not send again. */
  react(): void {
    if (!this.#isStatusNew) return
    this.#isStatusNew = false
    this.control({ again: false })
  }

  /**
   * The controller looks at the Rollout. `late`: what it sends arrives together with what comes next; `again`: even what
   * it sent last.
   */
  control({ late = false, again = true } = {}): void {
    const { rollout, virtualService, destinationRule } = this
    if (!rollout) return this.#forgetMarks()
    const parsed = parsedSpec(this.spec, this.scenery.named)
    const templateHash = this.templates[this.spec.version] ?? ''
    const decision = decide({
      rollout,
      parsed,
      virtualServices: [virtualService],
      destinationRule,
      templateHash,
    })
    if (decision.kind !== 'Deliver') return this.#settle(decision)
    if (again || JSON.stringify(decision.wanted) !== this.#delivered) this.#deliver(decision.wanted, late)
  }

  /** The worker died: the attempt is gone, and the action begins anew. */
  crash(): void {
    if (this.state) this.#attempt = { state: this.state, run: actionOf(this, this.state) }
  }

  /** The attempt timed out but goes on somewhere; the action begins anew beside it. */
  stall(): void {
    this.#abandon()
    this.crash()
  }

  /** Temporal lost everything. */
  loseWorkflow(): void {
    this.tell('workflow lost')
    // These take milliseconds. One that outlives its engine would meet the retirement that its successor goes on with.
    const isShort = this.state?.phase === 'Lowering' || this.state?.phase === 'Promoting'
    if (!isShort) this.#abandon()
    // With it goes the knowledge whose the weights are: what stands is taken for a route that its owner divided.
    if (this.strangeNames.size > 0) this.restChecks.onGivenUp()
    this.#inbox.length = 0
    this.#close()
  }

  /** The action under way goes one step further; its event reaches the workflow. */
  step(): void {
    this.now += 1_000
    if (!this.#attempt) return
    const { done, value } = this.#attempt.run.next()
    if (done !== true) return
    this.#attempt = undefined
    if (value === undefined) return
    this.#inbox.push(value)
    this.#workflowTask()
  }

  /** One of those given up on goes one step further. Nobody hears of its result. */
  stepZombie(index: number): void {
    const zombie = this.#zombies[index % Math.max(1, this.#zombies.length)]
    this.isZombieActing = true
    if (zombie?.run.next().done === true) this.#zombies.splice(this.#zombies.indexOf(zombie), 1)
    this.isZombieActing = false
  }

  /** A mark was taken away, and with it the fence: what was delayed until then would not be held up by anything. */
  loseFence(): void {
    this.#zombies.length = 0
    this.writeChecks.forgetHalted()
  }

  #read(kind: MeshObject['kind']): MeshObject | undefined {
    return kind === 'VirtualService' ? this.virtualService : this.destinationRule
  }

  /** An idle Rollout went without a finalizer: its marks are taken away. */
  #forgetMarks(): void {
    for (const object of [this.virtualService, this.destinationRule]) {
      if (object === undefined || markOf(object, KEY) === undefined) continue
      const edited = forgetIdle<MeshObject>(KEY)(object)
      if ('object' in edited) this.store.replace(edited.object)
    }
  }

  #settle(decision: Decision): void {
    if (decision.kind !== 'Settle') return
    this.#delivered = undefined
    this.tell(`controller: ${decision.standing.reason}`)
    const { stableVersion } = decision
    if (stableVersion !== undefined) this.status = { ...this.status, stableVersion }
  }

  #deliver(wanted: Wanted, late: boolean): void {
    const what = `${wanted.version} ${wanted.templateHash}${wanted.deleting ? ', deleting' : ''}`
    this.tell(`controller: wanted ${what}`)
    this.releaseChecks.onWanted(wanted)
    this.#delivered = JSON.stringify(wanted)
    if (this.state === undefined) this.#begin(initialState(ROLLOUT, wanted, this.now))
    this.#inbox.push({ type: 'Wanted', at: this.now, wanted })
    if (!late) this.#workflowTask()
  }

  /** The workflow takes in what has arrived. */
  #workflowTask(): void {
    for (let event = this.#inbox.shift(); event && this.state; event = this.#inbox.shift()) {
      const before = this.state
      const after = transition(before, event)
      this.releaseChecks.onTransition(before, event, after)
      if (event.type === 'Forgotten') this.restChecks.onForgotten()
      this.state = after
      if (after.seq === before.seq) continue
      this.#begin(after)
      if (after.phase === 'Done' && this.#inbox.length === 0) this.#close()
    }
  }

  #begin(state: ReleaseState): void {
    this.tell(`workflow: ${state.phase} ${state.seq} of ${state.version}`)
    this.#abandon()
    if (state.phase === 'Forgetting') this.loseFence()
    this.state = state
    this.#attempt = { state, run: actionOf(this, state) }
  }

  #close(): void {
    this.state = undefined
    this.#attempt = undefined
  }

  /** The attempt under way is given up on; it may yet go on as a zombie. */
  #abandon(): void {
    // A preflight that is begun long after it was given up on would take later sequences for the floor of its own.
    if (this.#attempt && this.#attempt.state.phase !== 'Preflight') this.#zombies.push(this.#attempt)
    this.#attempt = undefined
  }
}

function summary(object: MeshObject): string {
  if (object.kind === 'DestinationRule')
    return `subsets ${object.spec.subsets?.map(({ name }) => name).join(' ')}`
  const shares = routeOf(object)?.route?.map(
    ({ destination, weight }) => `${destination.subset ?? destination.host}:${weight ?? '-'}`,
  )
  return `route ${shares?.join(' ')}`
}

import { FINALIZER } from '../../../../src/api/names.ts'
import { parseSpec } from '../../../../src/api/v1alpha1/rollout.ts'
import type { ParsedSpec, RawRollout } from '../../../../src/api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../../../src/api/v1alpha1/status.ts'
import type { ResultEvent } from '../../../../src/core/machine/event.ts'
import { initialState } from '../../../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../../../src/core/machine/state.ts'
import { transition } from '../../../../src/core/machine/transition.ts'
import type { ReleaseEvent } from '../../../../src/core/machine/event.ts'
import { decide } from '../../../../src/core/policy/decide.ts'
import type { Decision } from '../../../../src/core/policy/decide.ts'
import { statusOf } from '../../../../src/core/status/status.ts'
import { forgetIdle } from '../../../../src/core/traffic/edits.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../../src/core/traffic/types.ts'
import { ObjectStore } from '../../../fakes/object-store.ts'
import { KEY, ROLLOUT, START } from '../../shop.ts'
import { actionOf } from './actions.ts'
import { Checks } from './checks.ts'
import { gitDestinationRule, gitVirtualService } from './objects.ts'
import type { Scenery } from './objects.ts'

/** A run of an activity: it stops before every write and while it waits, and may never go on. */
export interface Attempt {
  readonly state: ReleaseState
  readonly run: Generator<void, ResultEvent | undefined>
}

/** What the next look at the metrics says. */
export type Verdict = 'Wait' | 'Pass' | 'Fail'

const REF = { namespace: ROLLOUT.namespace, name: ROLLOUT.name }
const VERSIONS = ['v1', 'v2', 'v3'] as const
export type Version = (typeof VERSIONS)[number]

/**
 * A cluster, a Rollout, its controller and its workflow in small: the real decisions and edits over a store with
 * optimistic concurrency. Nothing moves by itself; whoever drives the world says who takes the next step.
 */
export class World {
  readonly store = new ObjectStore(() => this.now)
  readonly scenery: Scenery
  readonly log: string[] = []
  readonly checks: Checks
  readonly pods: Record<string, number> = { v1: 4, v2: 4, v3: 4 }
  readonly templates: Record<string, string> = { v1: 'a1', v2: 'a2', v3: 'a3' }
  readonly zombies: Attempt[] = []
  /** Subsets that a stranger named since our last write. */
  readonly strangeNames = new Set<string>()
  /** What writes now was given up on. */
  isZombieActing = false
  now = START
  verdict: Verdict = 'Wait'
  spec = { version: 'v1', paused: false, generation: 1 }
  status: RolloutStatus = {}
  finalizer = false
  deleting = false
  /** The workflow that is open. */
  state: ReleaseState | undefined
  attempt: Attempt | undefined
  readonly inbox: ReleaseEvent[] = []

  constructor(scenery: Scenery) {
    this.scenery = scenery
    this.checks = new Checks(this)
    this.store.create(gitVirtualService(scenery))
    this.store.create(gitDestinationRule(scenery))
  }

  get virtualService(): VirtualService | undefined {
    return this.store.read('VirtualService', REF) as VirtualService | undefined
  }

  get destinationRule(): DestinationRule | undefined {
    return this.store.read('DestinationRule', REF) as DestinationRule | undefined
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

  tell(text: string): void {
    this.log.push(`${String((this.now - START) / 1000).padStart(5)} s  ${text}`)
  }

  /** Writes for an action of ours; throws a ConflictError as the API server would. */
  write(object: MeshObject, by: ReleaseState): void {
    const before = this.#read(object.kind)
    this.store.replace(object)
    if (object.kind === 'VirtualService') this.strangeNames.clear()
    const after = this.#read(object.kind)
    this.tell(`${by.phase} ${by.seq} writes ${object.kind} ${summary(after)}`)
    if (before && after) this.checks.onWrite(before, after, by)
  }

  #read(kind: MeshObject['kind']): MeshObject | undefined {
    return kind === 'VirtualService' ? this.virtualService : this.destinationRule
  }

  /** The status of a state, unless a later action has written. */
  writeStatus(state: ReleaseState): void {
    if (!this.rollout) return
    const status = statusOf(state, { prior: this.status, now: this.now })
    if (status === undefined) return
    this.checks.onStatus(this.status, status)
    this.status = status
  }

  /** The controller looks at the Rollout. `late`: what it sends arrives together with what comes next. */
  control(late = false): void {
    const { rollout } = this
    if (!rollout) return this.#forgetMarks()
    const { virtualService, destinationRule } = this
    const templateHash = this.templates[this.spec.version] ?? ''
    const parsed = parsedSpec(this)
    const decision = decide({ rollout, parsed, virtualService, destinationRule, templateHash })
    if (decision.kind === 'Deliver') this.#deliver(decision.wanted, late)
    else this.#settle(decision)
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
    this.tell(`controller: ${decision.standing.reason}`)
    if (decision.stableVersion !== undefined)
      this.status = { ...this.status, stableVersion: decision.stableVersion }
  }

  #deliver(wanted: Wanted, late: boolean): void {
    this.tell(
      `controller: wanted ${wanted.version} ${wanted.templateHash}${wanted.deleting ? ', deleting' : ''}`,
    )
    this.checks.onWanted(wanted)
    if (this.state === undefined) this.#begin(initialState(ROLLOUT, wanted, this.now))
    this.inbox.push({ type: 'Wanted', at: this.now, wanted })
    if (!late) this.workflowTask()
  }

  /** The workflow takes in what has arrived. */
  workflowTask(): void {
    for (let event = this.inbox.shift(); event && this.state; event = this.inbox.shift()) {
      const before = this.state
      const after = transition(before, event)
      this.checks.onTransition(before, event, after)
      this.state = after
      if (after.seq !== before.seq) this.#begin(after)
      if (after.seq !== before.seq && after.phase === 'Done' && this.inbox.length === 0) this.#close()
    }
  }

  #begin(state: ReleaseState): void {
    this.tell(`workflow: ${state.phase} ${state.seq} of ${state.version}`)
    this.abandon()
    // With the mark goes the fence: a claim that was delayed until then would look like a release of today.
    if (state.phase === 'Forgetting') this.zombies.length = 0
    this.state = state
    this.attempt = { state, run: actionOf(this, state) }
  }

  #close(): void {
    this.state = undefined
    this.attempt = undefined
  }

  /** The attempt under way is given up on; it may yet go on as a zombie. */
  abandon(): void {
    // A preflight that is begun long after it was given up on would take later sequences for the floor of its own.
    if (this.attempt && this.attempt.state.phase !== 'Preflight') this.zombies.push(this.attempt)
    this.attempt = undefined
  }

  /** The worker died: the attempt is gone, and the action begins anew. */
  crash(): void {
    if (this.state) this.attempt = { state: this.state, run: actionOf(this, this.state) }
  }

  /** The attempt timed out but goes on somewhere; the action begins anew beside it. */
  stall(): void {
    this.abandon()
    this.crash()
  }

  /** Temporal lost everything. */
  loseWorkflow(): void {
    this.tell('workflow lost')
    this.abandon()
    this.inbox.length = 0
    this.#close()
  }

  /** The action under way goes one step further; its event reaches the workflow. */
  step(): void {
    this.now += 1_000
    const { attempt } = this
    if (!attempt) return
    const { done, value } = attempt.run.next()
    if (done !== true) return
    this.attempt = undefined
    if (value === undefined) return
    this.inbox.push(value)
    this.workflowTask()
  }

  /** One of those given up on goes one step further. Nobody hears of its result. */
  stepZombie(index: number): void {
    const zombie = this.zombies[index % Math.max(1, this.zombies.length)]
    this.isZombieActing = true
    if (zombie?.run.next().done === true) this.zombies.splice(this.zombies.indexOf(zombie), 1)
    this.isZombieActing = false
  }
}

const parsedSpecs = new Map<string, ParsedSpec>()

/** Few specs are ever wanted, and parsing is what takes longest here. */
function parsedSpec(world: World): ParsedSpec {
  const { spec, scenery } = world
  const key = `${spec.version} ${spec.paused} ${scenery.named}`
  const parsed = parsedSpecs.get(key) ?? parseSpec(specOf(world))
  parsedSpecs.set(key, parsed)
  return parsed
}

function specOf({ spec, scenery }: World): unknown {
  const routes = scenery.named ? { routes: ['primary'] } : {}
  return {
    version: spec.version,
    paused: spec.paused,
    traffic: {
      service: 'reviews',
      existing: { virtualServices: [{ name: 'reviews', ...routes }], destinationRule: { name: 'reviews' } },
    },
    steps: [5, 20, 100].map((weight) => ({ weight, hold: '3s' })),
    analysis: {
      interval: '1s',
      warmup: '1s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }],
    },
    progressDeadline: '20s',
    retire: { after: '5s' },
  }
}

function summary(object: MeshObject | undefined): string {
  if (object?.kind === 'DestinationRule')
    return object.spec.subsets?.map((subset) => subset.name).join(' ') ?? 'no subsets'
  const managed = object?.spec.http?.find((route) => route['future'] !== undefined)
  const shares = managed?.route?.map(
    ({ destination, weight }) => `${destination.subset ?? destination.host}:${weight ?? '-'}`,
  )
  return shares?.join(' ') ?? 'without the managed route'
}

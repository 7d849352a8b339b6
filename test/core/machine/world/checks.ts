import { isDeepStrictEqual } from 'node:util'
import { MARK_ANNOTATION } from '../../../../src/api/names.ts'
import type { RolloutStatus } from '../../../../src/api/v1alpha1/status.ts'
import type { ReleaseEvent } from '../../../../src/core/machine/event.ts'
import { IN_STEP } from '../../../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../../../src/core/machine/state.ts'
import { lacksSubset } from '../../../../src/core/traffic/drift.ts'
import { markOf, marksOf } from '../../../../src/core/traffic/mark.ts'
import { namesSubset } from '../../../../src/core/traffic/references.ts'
import { sharesOf } from '../../../../src/core/traffic/route.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  VirtualService,
} from '../../../../src/core/traffic/types.ts'
import { KEY, SERVICE } from '../../shop.ts'
import type { World } from './world.ts'

/** An invariant of the design does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** The invariants, checked at every write of ours, every status and every move of the machine. */
export class Checks {
  readonly #world: World
  /** Versions and subsets of which our last look said that they are not there. */
  readonly #seenDown = new Set<string>()
  /** Releases that were marked as over, by id. */
  readonly #halted = new Set<string>()
  /** `version/template` that failed, until something else is wanted. */
  #failed: string | undefined
  /** The version that users have. */
  #users = 'v1'
  #forgotten = false
  /** Kinds of objects that an overtaken action wrote last. */
  readonly #strays = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** A look of ours at the ready pods of a version. */
  look(version: string): number {
    const ready = this.#world.ready(version)
    this.#note(version, ready > 0)
    return ready
  }

  /** A look of ours at the DestinationRule: is the subset there? */
  looksAtSubset(subset: string): boolean {
    const present = !lacksSubset(this.#world.destinationRule, subset)
    this.#note(`subset ${subset}`, present)
    return present
  }

  #note(what: string, present: boolean): void {
    if (present) this.#seenDown.delete(what)
    else this.#seenDown.add(what)
  }

  /** A stranger took the marks away. */
  forgetHalted(): void {
    this.#halted.clear()
  }

  /** What the controller hands over. */
  onWanted({ version, templateHash, deleting }: Wanted): void {
    if (this.#failed !== undefined && this.#failed !== `${version}/${templateHash}`) this.#failed = undefined
    const idle = this.#world.status.release === undefined || this.#world.status.release.phase === 'Done'
    if (idle && !deleting && this.#failed !== undefined)
      this.#violated('ix', `${this.#failed} failed and is delivered again`)
  }

  onStatus(before: RolloutStatus, after: RolloutStatus): void {
    const [from, to] = [before.release?.seq ?? 0, after.release?.seq ?? 0]
    if (to < from) this.#violated('v', `the status went from sequence ${from} to ${to}`)
    const history = after.history ?? []
    if (history.length > 10) this.#violated('history', `${history.length} entries`)
    const keys = history.map((entry) => `${entry.to} ${entry.startedAt}`)
    if (new Set(keys).size < keys.length)
      this.#violated('history', `the same release twice: ${keys.join(', ')}`)
  }

  onTransition(before: ReleaseState, event: ReleaseEvent, after: ReleaseState): void {
    if (after.seq < before.seq)
      this.#violated('v', `the machine went from sequence ${before.seq} to ${after.seq}`)
    if (event.type !== 'Wanted' && event.seq !== before.seq && after !== before)
      this.#violated('iii', `${event.type} of sequence ${event.seq} was heard at ${before.seq}`)
    this.#stepKeepsItsStart(before, event, after)
    if (event.type === 'Forgotten') this.#forgotten = true
    if (event.type === 'Leftover' && after.phase === 'Lowering' && event.canary.version === this.#users)
      this.#violated('8', `${this.#users} was promoted and is taken back because its workflow was lost`)
    if (event.type === 'Cleared' && after.phase === 'Preparing') this.#stableIsWhatUsersHave(after)
    if (event.type === 'Lowered' && before.ending?.failed && before.phase === 'Lowering')
      this.#fails(before, after)
  }

  /**
   * An action takes itself for overtaken only if something later stands somewhere, or its mark is gone. The status of
   * the next sequence may be its own, from an attempt that crashed before it could report.
   */
  isReallyOvertaken({ seq, id }: ReleaseState): void {
    if (this.#world.isZombieActing) return
    const { virtualService, status, rollout } = this.#world
    const mark = virtualService && markOf(virtualService, KEY)
    const own = mark?.release === id && mark.halted !== true && mark.seq <= seq
    if (own && rollout && (status.release?.seq ?? 0) <= seq + 1)
      this.#violated('8', `release ${id} is taken for overtaken, though its own write stands`)
  }

  #fails(before: ReleaseState, { wanted }: ReleaseState): void {
    const failed = `${before.version}/${before.templateHash}`
    if (failed === `${wanted.version}/${wanted.templateHash}`) this.#failed = failed
  }

  #stepKeepsItsStart(before: ReleaseState, event: ReleaseEvent, after: ReleaseState): void {
    const same = before.id === after.id && before.step === after.step
    if (!same || !IN_STEP.has(before.phase) || !IN_STEP.has(after.phase)) return
    if (before.stepStartedAt !== undefined && before.stepStartedAt !== after.stepStartedAt)
      this.#violated('x', `${event.type} changed the start of step ${after.step}`)
  }

  #stableIsWhatUsersHave({ stable, version }: ReleaseState): void {
    if (stable?.version !== this.#users)
      this.#violated(
        'vii',
        `the release of ${version} takes ${stable?.version} for stable, users have ${this.#users}`,
      )
  }

  /** A write of ours. */
  onWrite(before: MeshObject, after: MeshObject, by: ReleaseState): void {
    const [was, is] = [markOf(before, KEY)?.seq ?? 0, markOf(after, KEY)?.seq ?? Infinity]
    if (is < was) this.#violated('v', `${after.kind} went from sequence ${was} to ${is}`)
    if (!isDeepStrictEqual(foreignOf(before), foreignOf(after)))
      this.#violated('iv', `${after.kind} lost or gained what is not ours`)
    this.#noteStray(after, by)
    if (after.kind === 'VirtualService') this.#onRoute(before as VirtualService, after, by)
    else this.#onRule(before as DestinationRule, after)
  }

  /** Where no mark stands there is no fence: what was delayed until then may set one, though never a weight. */
  #noteStray({ kind }: MeshObject, by: ReleaseState): void {
    const { state } = this.#world
    if (by.seq !== state?.seq || by.phase !== state.phase) this.#strays.add(kind)
    else this.#strays.delete(kind)
  }

  #onRoute(before: VirtualService, after: VirtualService, by: ReleaseState): void {
    const old = percentsOf(before)
    if (
      by.phase === 'Preparing' &&
      !this.#world.isZombieActing &&
      (percentsOf(after).get(by.canary?.subset ?? '') ?? 0) > 0
    )
      this.#violated('i', `${by.version} keeps a weight while its pods are awaited`)
    for (const [subset, percent] of percentsOf(after)) {
      if (percent > (old.get(subset) ?? 0)) this.#raised(subset, by)
      if (
        percent > 0 &&
        lacksSubset(this.#world.destinationRule, subset) &&
        this.#seenDown.has(`subset ${subset}`)
      )
        this.#violated('ii', `${subset} is named, the DestinationRule lacks it`)
    }
    // The traces of a lost release are taken back by another one, which has no id yet.
    const marked = by.id === '' ? markOf(before, KEY) : markOf(after, KEY)
    if (markOf(after, KEY)?.halted) this.#halted.add(marked?.release ?? '')
    if (by.phase === 'Promoting') this.#users = by.canary?.version ?? this.#users
    else if (by.phase === 'Lowering') this.#users = by.stable?.version ?? this.#users
  }

  #raised(subset: string, by: ReleaseState): void {
    const isCanary = subset === by.canary?.subset
    if (!isCanary) return
    const version = by.canary?.version ?? ''
    // A delayed attempt may have looked before the pods went; the claim of the next action takes its weight back.
    const knows = this.#seenDown.has(version) && !this.#world.isZombieActing
    if (this.#world.ready(version) === 0 && knows)
      this.#violated('i', `${version} gets weight without a ready pod`)
    if (this.#halted.has(by.id)) this.#violated('iii', `release ${by.id} was halted and is raised again`)
    if (this.#failed === `${by.version}/${by.templateHash}`)
      this.#violated('ix', `${this.#failed} failed and is raised again`)
  }

  #onRule(before: DestinationRule, after: DestinationRule): void {
    const removed = (before.spec.subsets ?? []).filter((subset) => lacksSubset(after, subset.name))
    const { virtualService } = this.#world
    for (const { name } of removed) {
      if (virtualService && namesSubset(virtualService, SERVICE, name) && !this.#world.strangeNames.has(name))
        this.#violated('ii', `subset ${name} was removed while the VirtualService names it`)
    }
  }

  /** Nothing is under way: what must be left. */
  atRest(): void {
    const { virtualService, destinationRule, deleting } = this.#world
    for (const object of [virtualService, destinationRule]) if (object) this.#isClean(object, deleting)
    if (this.#world.finalizer && deleting) this.#violated('viii', 'the finalizer stands')
    const named = [...(virtualService ? percentsOf(virtualService) : [])].map(([subset]) => subset)
    if (named.length !== 1 && virtualService) this.#violated('vi', `the route names ${named.join(' and ')}`)
  }

  #isClean(object: MeshObject, deleting: boolean): void {
    if (this.#strays.has(object.kind)) return
    const mark = markOf(object, KEY)
    if (this.#forgotten && mark) this.#violated('vi', `the mark stands in the ${object.kind}`)
    if (!deleting && mark?.canary !== undefined)
      this.#violated('vi', `the mark in the ${object.kind} names canary ${mark.canary}`)
  }

  #violated(invariant: string, what: string): never {
    throw new Violation(`(${invariant}) ${what}\n${this.#world.log.slice(-40).join('\n')}`)
  }
}

/** The managed route, known by a field that is none of ours. */
export function managedRoute(object: VirtualService): HttpRoute | undefined {
  return object.spec.http?.find((route) => route['future'] !== undefined)
}

function percentsOf(object: VirtualService): Map<string, number> {
  const route = managedRoute(object)
  const shares = route === undefined ? [] : sharesOf(object, route, SERVICE)
  return new Map(shares.map(({ subset, percent }) => [subset ?? '', percent]))
}

/** All of an object that is not ours to change. */
function foreignOf(object: MeshObject): unknown {
  const { resourceVersion: _version, generation: _generation, annotations, ...metadata } = object.metadata
  const { [MARK_ANNOTATION]: _marks, ...others } = annotations ?? {}
  const neighbours = marksOf(object).filter((mark) => mark.rollout !== KEY)
  const spec = object.kind === 'VirtualService' ? foreignRoutes(object) : foreignSubsets(object)
  return { ...object, metadata, annotations: others, neighbours, spec }
}

function foreignRoutes(object: VirtualService): unknown {
  const managed = managedRoute(object)
  const http = object.spec.http?.map((route) =>
    route === managed ? { ...route, route: strangersIn(route) } : route,
  )
  return { ...object.spec, http }
}

function strangersIn(route: HttpRoute): unknown {
  return route.route?.filter(({ destination }) => destination.host.split('.')[0] !== 'reviews')
}

function foreignSubsets(object: DestinationRule): unknown {
  const { subsets = [], ...rest } = object.spec
  return { ...rest, subsets: subsets.filter((subset) => subset.labels?.['version'] === undefined) }
}

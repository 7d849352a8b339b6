import { isDeepStrictEqual } from 'node:util'
import type { ReleaseState } from '../../../../src/core/machine/state.ts'
import { lacksSubset } from '../../../../src/core/traffic/drift.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import { namesSubset } from '../../../../src/core/traffic/references.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../../src/core/traffic/types.ts'
import { KEY, SERVICE } from '../../shop.ts'
import { foreignOf, percentsOf } from './foreign.ts'
import type { World } from './world.ts'

/** What must hold at every write of ours. Numbers in messages are those of the list of invariants in world.test.ts. */
export class WriteChecks {
  readonly #world: World
  /** Releases that were marked as over, by id. */
  readonly #halted = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** A stranger took the marks away. */
  forgetHalted(): void {
    this.#halted.clear()
  }

  /** A write of ours. */
  onWrite(before: MeshObject, after: MeshObject, by: ReleaseState): void {
    this.#seqRises(before, after)
    if (!isDeepStrictEqual(foreignOf(before), foreignOf(after)))
      this.#world.violated(4, `${after.kind} lost or gained what is not ours`)
    if (after.kind === 'VirtualService') this.#onRoute(before as VirtualService, after, by)
    else this.#removedAreUnnamed(before as DestinationRule, after)
  }

  #seqRises(before: MeshObject, after: MeshObject): void {
    const [was, is] = [markOf(before, KEY)?.seq ?? 0, markOf(after, KEY)?.seq ?? Infinity]
    if (is < was) this.#world.violated(5, `${after.kind} went from sequence ${was} to ${is}`)
  }

  #onRoute(before: VirtualService, after: VirtualService, by: ReleaseState): void {
    const [old, now] = [percentsOf(before), percentsOf(after)]
    const canary = by.canary?.subset ?? ''
    const weight = now.get(canary) ?? 0
    if (weight > (old.get(canary) ?? 0)) this.#mayRaise(by)
    if (weight > 0) this.#isNotAwaited(by, canary)
    for (const [subset, percent] of now) if (percent > (old.get(subset) ?? -1)) this.#namedIsKnown(subset)
    this.#noteHalted(before, after, by)
  }

  #isNotAwaited(by: ReleaseState, canary: string): void {
    const isOurs = !this.#world.isZombieActing && !this.#world.strangeNames.has(canary)
    if (by.phase === 'Preparing' && isOurs)
      this.#world.violated(1, `${by.version} keeps a weight while its pods are awaited`)
  }

  #mayRaise(by: ReleaseState): void {
    const world = this.#world
    const version = by.canary?.version ?? ''
    // A delayed attempt may have looked before the pods went; the claim of the next action takes its weight back.
    if (!world.isZombieActing && world.ready(version) === 0 && world.knowledge.knowsNoPod(version))
      world.violated(1, `${version} gets weight without a ready pod`)
    if (this.#halted.has(by.id)) world.violated(3, `release ${by.id} was halted and is raised again`)
    world.releaseChecks.mayBeRaised(by)
  }

  #namedIsKnown(subset: string): void {
    const world = this.#world
    if (world.isZombieActing || !lacksSubset(world.destinationRule, subset)) return
    if (world.knowledge.knowsNoSubset(subset))
      world.violated(2, `${subset} is named, the DestinationRule lacks it`)
  }

  /** The traces of a lost release are taken back by another one, which has no id yet. */
  #noteHalted(before: VirtualService, after: VirtualService, by: ReleaseState): void {
    const marked = by.id === '' ? markOf(before, KEY) : markOf(after, KEY)
    if (markOf(after, KEY)?.halted) this.#halted.add(marked?.release ?? '')
  }

  #removedAreUnnamed(before: DestinationRule, after: DestinationRule): void {
    const { virtualService, strangeNames } = this.#world
    const removed = (before.spec.subsets ?? []).filter(({ name }) => lacksSubset(after, name))
    for (const { name } of removed) {
      if (virtualService && namesSubset(virtualService, SERVICE, name) && !strangeNames.has(name))
        this.#world.violated(2, `subset ${name} was removed while the VirtualService names it`)
    }
  }
}

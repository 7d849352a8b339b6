import type { ReleaseState } from '../../../../src/core/machine/state.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import type { MeshObject, VirtualService } from '../../../../src/core/traffic/types.ts'
import { KEY } from '../../shop.ts'
import { percentsOf } from './foreign.ts'
import type { World } from './world.ts'

/** What must be left when nothing is under way any more. */
export class RestChecks {
  readonly #world: World
  /** Kinds of objects that an overtaken action wrote last. */
  readonly #strays = new Set<string>()
  #forgotten = false
  #gaveUp = false

  constructor(world: World) {
    this.#world = world
  }

  /** Where no mark stands there is no fence: what was delayed until then may set one, though never a weight. */
  onWrite(before: MeshObject, after: MeshObject, by: ReleaseState): void {
    const { state } = this.#world
    const { kind } = after
    if (before.kind === 'VirtualService' && after.kind === 'VirtualService' && areMoved(before, after))
      this.#gaveUp = false
    if (by.seq !== state?.seq || by.phase !== state.phase) this.#strays.add(kind)
    else this.#strays.delete(kind)
  }

  /** A stranger's weights are left, since the version that should have all traffic cannot take it. */
  onGivenUp(): void {
    this.#gaveUp = true
  }

  get gaveUp(): boolean {
    return this.#gaveUp
  }

  onForgotten(): void {
    this.#forgotten = true
  }

  atRest(): void {
    const { virtualService, destinationRule, deleting, finalizer } = this.#world
    if (virtualService) this.#isClean(virtualService)
    if (destinationRule) this.#isClean(destinationRule)
    if (finalizer && deleting) this.#world.violated(8, 'the finalizer stands')
    const named = [...(virtualService ? percentsOf(virtualService).keys() : [''])]
    if (named.length !== 1 && !this.#gaveUp) this.#world.violated(6, `the route names ${named.join(' and ')}`)
  }

  #isClean(object: MeshObject): void {
    if (this.#strays.has(object.kind)) return
    const mark = markOf(object, KEY)
    if (this.#forgotten && mark) this.#world.violated(6, `the mark stands in the ${object.kind}`)
    if (mark?.canary !== undefined)
      this.#world.violated(6, `the mark in the ${object.kind} names canary ${mark.canary}`)
  }
}

function areMoved(before: VirtualService, after: VirtualService): boolean {
  return JSON.stringify([...percentsOf(before)]) !== JSON.stringify([...percentsOf(after)])
}

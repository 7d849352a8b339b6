import type { Side } from '../../../../src/core/machine/state.ts'
import { lacksSubset } from '../../../../src/core/traffic/drift.ts'
import type { World } from './world.ts'

/** What our actions have seen: pods and subsets may vanish between a look and a write, but not be overlooked. */
export class Knowledge {
  readonly #world: World
  readonly #missing = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** An action begins: what is gone by then, it must not overlook. */
  begin({ version, subset }: Side): void {
    this.look(version)
    this.lookAtSubset(subset)
  }

  /** A look at the ready pods of a version. */
  look(version: string): number {
    const ready = this.#world.ready(version)
    this.#note(version, ready > 0)
    return ready
  }

  /** A look at the DestinationRule: is the subset there? */
  lookAtSubset(subset: string): boolean {
    const present = !lacksSubset(this.#world.destinationRule, subset)
    this.#note(`subset ${subset}`, present)
    return present
  }

  /** Our last look found no ready pod of the version. */
  knowsNoPod(version: string): boolean {
    return this.#missing.has(version)
  }

  /** Our last look did not find the subset. */
  knowsNoSubset(subset: string): boolean {
    return this.#missing.has(`subset ${subset}`)
  }

  #note(what: string, present: boolean): void {
    // What one that was given up on sees, the others do not know.
    if (this.#world.isZombieActing) return
    if (present) this.#missing.delete(what)
    else this.#missing.add(what)
  }
}

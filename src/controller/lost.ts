import { keyOf } from '../api/names.ts'
import { isActive } from '../core/policy/decide.ts'
import type { Engine, RolloutStore } from '../ports.ts'

interface LostPorts {
  readonly store: RolloutStore
  readonly engine: Engine
}

/** Finds releases in progress whose workflow is gone: terminated, or lost with the engine's data. */
export class LostReleases {
  readonly #ports: LostPorts
  #missing: ReadonlySet<string> = new Set()

  constructor(ports: LostPorts) {
    this.#ports = ports
  }

  /**
   * Keys of Rollouts whose workflow was missing the last time, too: an engine may list a new one a moment late. Costs
   * nothing while no release is in progress. Throws when the engine cannot be reached.
   */
  async find(): Promise<string[]> {
    const active = this.#ports.store.list().filter(({ status }) => isActive(status))
    const open = active.length === 0 ? new Set<string>() : await this.#ports.engine.open()
    const missing = active.map(({ meta }) => keyOf(meta)).filter((key) => !open.has(key))
    const lost = missing.filter((key) => this.#missing.has(key))
    this.#missing = new Set(missing)
    return lost
  }
}

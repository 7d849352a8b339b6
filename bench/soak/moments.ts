import { MOMENTS } from './draw.ts'
import type { Moment } from './draw.ts'

/** How far a release has come, for those who wait for it. */
export class Moments {
  readonly #reached = new Map(MOMENTS.map((moment) => [moment, Promise.withResolvers<void>()]))

  reach(moment: Moment): void {
    this.#reached.get(moment)?.resolve()
  }

  /** The release is over: what it has not come to, it will not come to. */
  over(): void {
    for (const moment of MOMENTS) this.reach(moment)
  }

  async wait(moment: Moment): Promise<void> {
    await this.#reached.get(moment)?.promise
  }
}

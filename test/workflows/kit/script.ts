import type { ResultEvent } from '../../../src/core/machine/event.ts'
import { desiredWeight } from '../../../src/core/machine/state.ts'
import type { Wanted } from '../../../src/core/machine/state.ts'
import { aWanted } from '../../core/shop.ts'
import type { ActionName, Answer, Call } from './call.ts'
import { usual } from './usual.ts'

/** Longest time (milliseconds) that a test waits for something to happen. */
export const PATIENCE_MS = 20_000

/** Plays the cluster for one release: activities ask it what happens, tests change it and look at what was asked. */
export class Script {
  readonly calls: Call[] = []
  wanted: Wanted
  /** The version that users have. */
  users = 'v1'
  readonly #standing = new Map<ActionName, Answer>()
  readonly #queued = new Map<ActionName, Answer[]>()
  readonly #waiting = new Set<() => void>()

  constructor(wanted: Partial<Wanted> = {}) {
    this.wanted = aWanted(wanted)
  }

  /** From now on the action ends so. */
  on(action: ActionName, answer: Answer): void {
    this.#standing.set(action, answer)
  }

  /** The next call that nothing is planned for ends so. */
  once(action: ActionName, answer: Answer): void {
    this.#queued.set(action, [...(this.#queued.get(action) ?? []), answer])
  }

  /** What an activity asks. */
  async answer(call: Call): Promise<ResultEvent> {
    this.calls.push(call)
    for (const wake of this.#waiting) wake()
    const planned = this.#queued.get(call.action)?.shift() ?? this.#standing.get(call.action)
    const result = await (planned ?? usual(this))(call)
    return { ...result, seq: call.state.seq, at: Date.now() }
  }

  /** The n-th attempt of an action, counted from 1, as soon as it was made. Throws when it does not come. */
  async called(action: ActionName, nth = 1): Promise<Call> {
    return this.until(`${action} for the ${nth}. time`, () => this.callsOf(action)[nth - 1])
  }

  /** What `look` finds after some call. Throws when it finds nothing for long. */
  async until<T>(what: string, look: () => T | undefined): Promise<T> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const left = end - performance.now()
      if (left <= 0) throw new Error(`${what} did not come; seen: ${this.journal().join(', ')}`)
      await this.#nextCall(left)
    }
  }

  callsOf(action: ActionName): Call[] {
    return this.calls.filter((call) => call.action === action)
  }

  /** What was done, in order: `raise v2 20`. Attempts that began again what failed are left out. */
  journal(): string[] {
    return this.calls.filter(({ attempt }) => attempt === 1).map(lineOf)
  }

  async #nextCall(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const timer = setTimeout(resolve, withinMs)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }
}

const AT_WEIGHT: ReadonlySet<ActionName> = new Set(['raise', 'probe', 'observe'])

function lineOf({ action, state }: Call): string {
  const weight = AT_WEIGHT.has(action) ? ` ${desiredWeight(state)}` : ''
  return `${action} ${state.version}${weight}`
}

import { setTimeout as delay } from 'node:timers/promises'

/** Time between rounds, on average, when many ask (milliseconds): 400 rounds a minute at most. */
const PACE_MS = 150
/** So many may follow each other at once: few who ask need not wait. */
const BURST = 10

/** A question, and whom to tell. */
interface Waiting<Q, A> {
  readonly question: Q
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

/** How often rounds begin. */
interface Pace {
  readonly paceMs: number
  /** Rounds that need not keep it. */
  readonly burst: number
  /** Questions of a round; absent: all that wait. */
  readonly most?: number
}

/** Answers all questions of a round, in their order; an Error is thrown at who asked. */
export type AnswerAll<Q, A> = (questions: readonly Q[]) => Promise<readonly (A | Error)[]>

/**
 * Gathers questions into rounds, so that many who ask cost as little as few. Who asks while a round is under way is of
 * the next one: an answer is never older than its question.
 */
export class Rounds<Q, A> {
  readonly #answerAll: AnswerAll<Q, A>
  readonly #pace: Pace
  readonly #waiting: Waiting<Q, A>[] = []
  #running = false
  /** When the rounds so far would have ended, had each lasted as long as the pace (milliseconds, monotonic). */
  #paidUntil = 0

  constructor(answerAll: AnswerAll<Q, A>, pace: Partial<Pace> = {}) {
    this.#answerAll = answerAll
    this.#pace = { paceMs: PACE_MS, burst: BURST, ...pace }
  }

  async ask(question: Q): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    // Those who ask in the same breath are of the same round.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#keepPace()
      const round = this.#waiting.splice(0, this.#pace.most ?? Infinity)
      await this.#answer(round)
    }
    this.#running = false
  }

  async #keepPace(): Promise<void> {
    const { paceMs, burst } = this.#pace
    const waitMs = this.#paidUntil - (burst - 1) * paceMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    this.#paidUntil = Math.max(this.#paidUntil, performance.now()) + paceMs
  }

  async #answer(round: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#answerAll(round.map(({ question }) => question))
      for (const [index, { resolve, reject }] of round.entries()) {
        const answer = answers[index]
        if (answer === undefined || answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of round) reject(error)
    }
  }
}

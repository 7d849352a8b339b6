import type { ProberAnswer } from '../../src/core/faults/answers.ts'
import type { ProbeOrder, Prober, Probing } from '../../src/ports.ts'

/** What an address answers, and after how many milliseconds. */
type Told = Omit<ProberAnswer, 'sentAt'>
type Answering = (order: ProbeOrder, sentAt: number) => Told

const NOBODY: Told = { ms: 0, problem: 'ECONNREFUSED' }

/** A prober of addresses that were told what to answer; elsewhere nobody is there. */
export class FakeProber implements Prober {
  readonly #now: () => number
  readonly #answering = new Map<string, Answering>()
  /** What was begun, oldest first. */
  readonly orders: ProbeOrder[] = []

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** What is answered at an address from now on. */
  tell(url: string, answering: Answering): void {
    this.#answering.set(url, answering)
  }

  start(order: ProbeOrder): Probing {
    this.orders.push(order)
    const stepMs = 1000 / order.requestsPerSecond
    const end = this.#now() + order.forMs
    let next = this.#now() + stepMs
    let under: ProberAnswer[] = []
    let isOver = false
    return {
      take: () => {
        if (isOver) return []
        for (; next <= Math.min(this.#now(), end); next += stepMs)
          under.push({ sentAt: next, ...this.#answer(order, next) })
        const isDone = ({ sentAt, ms }: ProberAnswer) => sentAt + ms <= this.#now()
        const done = under.filter(isDone)
        under = under.filter((one) => !isDone(one))
        return done
      },
      stop: () => {
        isOver = true
      },
    }
  }

  #answer(order: ProbeOrder, sentAt: number): Told {
    return (this.#answering.get(order.url) ?? (() => NOBODY))(order, sentAt)
  }
}

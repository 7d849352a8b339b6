import { describe, expect, it } from 'vitest'
import { sharedAnswer } from '../../../src/adapters/istio/shared-answer.ts'

/** Something that takes a while by a clock of its own to answer with the number of the question. */
class Asked {
  now = 10_000
  /** When each question began. */
  readonly asked: number[] = []
  tookMs = 5
  readonly get = sharedAnswer(async () => this.#answer(), {
    now: () => this.now,
    sleep: async (ms) => void (this.now += ms),
  })

  async #answer(): Promise<number> {
    this.asked.push(this.now)
    const answer = this.asked.length
    await new Promise((resolve) => setImmediate(resolve))
    this.now += this.tookMs
    return answer
  }

  /** Milliseconds from the first question to the second. */
  async apart(tookMs: number): Promise<number> {
    this.tookMs = tookMs
    await this.get()
    await this.get()
    const [first = 0, second = 0] = this.asked
    return second - first
  }
}

describe('a shared answer', () => {
  it('serves all who ask at the same moment', async () => {
    const { get } = new Asked()
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1])
  })

  it('is never older than the asking: who comes while it is under way gets the next one', async () => {
    const asked = new Asked()
    const first = asked.get()
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked.asked).toHaveLength(1)
    const later = [asked.get(), asked.get()]
    expect(await first).toBe(1)
    expect(await Promise.all(later)).toEqual([2, 2])
    expect(await asked.get()).toBe(3)
  })

  it('leaves whoever answers alone for 50 ms, or three times as long as the answer took, or a second', async () => {
    expect(await new Asked().apart(5)).toBe(5 + 50)
    expect(await new Asked().apart(200)).toBe(200 + 600)
    expect(await new Asked().apart(3000)).toBe(3000 + 1000)
  })

  it('shares a failure, too, and gets over it', async () => {
    let fails = true
    const get = sharedAnswer(async () =>
      fails ? Promise.reject(new Error('away')) : Promise.resolve('here'),
    )
    expect(await Promise.allSettled([get(), get()])).toMatchObject([
      { reason: { message: 'away' } },
      { reason: { message: 'away' } },
    ])
    fails = false
    expect(await get()).toBe('here')
  })
})

import { describe, expect, it } from 'vitest'
import { sharedAnswer } from '../../../src/adapters/istio/shared-answer.ts'

/** Something that is asked, takes a while by a clock of its own, and counts how often it was asked. */
function asked({ tookMs }: { readonly tookMs: number }) {
  const state = { now: 0, asked: 0 }
  const ask = async (): Promise<number> => {
    state.asked += 1
    const answer = state.asked
    await Promise.resolve()
    state.now += tookMs
    return answer
  }
  return { state, get: sharedAnswer(ask, () => state.now) }
}

describe('a shared answer', () => {
  it('serves all who ask while it is under way', async () => {
    const { state, get } = asked({ tookMs: 10 })
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1])
    expect(state.asked).toBe(1)
  })

  it('is asked for anew after 50 ms where answering is cheap', async () => {
    const { state, get } = asked({ tookMs: 5 })
    expect(await get()).toBe(1)
    state.now += 49
    expect(await get()).toBe(1)
    state.now += 2
    expect(await get()).toBe(2)
  })

  it('leaves whoever answers idle for three times as long as the answer took', async () => {
    const { state, get } = asked({ tookMs: 200 })
    await get()
    state.now += 599
    expect(await get()).toBe(1)
    state.now += 2
    expect(await get()).toBe(2)
  })

  it('is a second old at most', async () => {
    const { state, get } = asked({ tookMs: 3000 })
    await get()
    state.now += 1001
    expect(await get()).toBe(2)
  })

  it('shares a failure too, and gets over it', async () => {
    let fails = true
    let now = 0
    const get = sharedAnswer(
      async () => (fails ? Promise.reject(new Error('away')) : Promise.resolve('here')),
      () => now,
    )
    await expect(Promise.all([get(), get()])).rejects.toThrow('away')
    fails = false
    now += 51
    expect(await get()).toBe('here')
  })
})

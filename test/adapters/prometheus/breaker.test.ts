import { beforeEach, describe, expect, it } from 'vitest'
import { Breaker } from '../../../src/adapters/prometheus/breaker.ts'
import { QueryError } from '../../../src/adapters/prometheus/problems.ts'

let now: number
let rests: boolean[]
let breaker: Breaker
let asked: number

beforeEach(() => {
  now = Date.parse('2026-01-02T03:04:05Z')
  rests = []
  asked = 0
  breaker = new Breaker({ now: () => now, random: () => 0.5 }, (isResting) => rests.push(isResting))
})

const fail = async (kind: 'Provider' | 'Query' = 'Provider') =>
  breaker.run(async () => {
    asked += 1
    throw new QueryError('it answered 503', kind)
  })
const answer = async () =>
  breaker.run(async () => {
    asked += 1
    return 'well'
  })
/** How often it was asked, half a second later. */
const tryLater = async () => {
  now += 500
  await fail().catch(() => undefined)
  return asked
}
const failTimes = async (times: number) => {
  for (let count = 0; count < times; count++) await expect(fail()).rejects.toThrow('it answered 503')
}

describe('a provider that fails', () => {
  it('is asked again after one failure and two', async () => {
    await failTimes(2)
    expect(await answer()).toBe('well')
    expect(rests).toEqual([])
  })

  it('is left alone after three in a row, and who asks is told since when and until when', async () => {
    await failTimes(3)
    await expect(answer()).rejects.toThrow(
      'it answered 503; so since 03:04:05Z, and it is asked again at 03:04:06Z',
    )
    expect(asked).toBe(3)
    expect(rests).toEqual([true])
  })

  it('is left alone for longer each time, up to ten seconds', async () => {
    await failTimes(3)
    const restsMs = []
    for (let probes = 1; probes <= 6; probes++) {
      const beganAt = now
      await expect.poll(tryLater, { interval: 0 }).toBe(3 + probes)
      restsMs.push(now - beganAt)
    }
    expect(restsMs).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  it('is asked once after the rest, and the others wait for what becomes of it', async () => {
    await failTimes(3)
    now += 1000
    const probe = fail()
    const others = [answer(), answer()]
    await expect(probe).rejects.toThrow('it answered 503')
    for (const other of others) await expect(other).rejects.toThrow('is asked again at 03:04:08Z')
    expect(asked).toBe(4)
  })

  it('and is well after the rest is asked by all again', async () => {
    await failTimes(3)
    now += 1000
    expect(await Promise.all([answer(), answer(), answer()])).toEqual(['well', 'well', 'well'])
    expect(rests).toEqual([true, false])
    await failTimes(1)
    expect(await answer()).toBe('well')
  })

  it('is not one that refuses a query: it answers', async () => {
    for (let count = 0; count < 5; count++) await expect(fail('Query')).rejects.toThrow('it answered 503')
    expect(await answer()).toBe('well')
  })
})

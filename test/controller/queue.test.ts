import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { KeyedQueue } from '../../src/controller/queue.ts'

const KEY = 'shop/reviews'

let queue: KeyedQueue
let passes: number
/** What the work on a key does beside being counted. */
let work: () => void

beforeEach(() => {
  vi.useFakeTimers()
  passes = 0
  work = () => undefined
  queue = new KeyedQueue(
    async () => {
      passes++
      work()
    },
    () => undefined,
  )
})

afterEach(async () => {
  await queue.stop()
  vi.useRealTimers()
})

/** Asks for the key at once, so many times, a millisecond apart. */
async function disturb(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    queue.add(KEY)
    await vi.advanceTimersByTimeAsync(1)
  }
}

it('a key that asks to be looked at again has one next time, however often it was looked at meanwhile', async () => {
  work = () => queue.add(KEY, 100)
  await disturb(20)
  passes = 0
  await vi.advanceTimersByTimeAsync(1000)
  expect(passes).toBe(10)
})

it('the earliest time that was asked for counts', async () => {
  queue.add(KEY, 1000)
  queue.add(KEY, 50)
  queue.add(KEY, 5000)
  await vi.advanceTimersByTimeAsync(49)
  expect(passes).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(passes).toBe(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(passes).toBe(1)
})

it('a key that failed comes back once after a growing pause, however often it was tried meanwhile', async () => {
  work = () => {
    throw new Error('no engine')
  }
  await disturb(20)
  passes = 0
  await vi.advanceTimersByTimeAsync(300_000)
  expect(passes).toBe(10)
})

it('nothing comes back after the end', async () => {
  queue.add(KEY, 100)
  await queue.stop()
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(passes).toBe(0)
})

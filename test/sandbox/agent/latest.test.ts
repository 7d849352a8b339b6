import { expect, test, vi } from 'vitest'
import { Latest } from '../../../sandbox/agent/latest.ts'

test('values overtaken while one is being applied are left out', async () => {
  const applied: number[] = []
  const gate = Promise.withResolvers<void>()
  const latest = new Latest(0, {
    apply: async (value) => {
      applied.push(value)
      await gate.promise
    },
    onError: () => undefined,
  })
  const all = Promise.all([latest.set(1), latest.set(2), latest.set(3)])
  gate.resolve()
  await all
  expect(applied).toEqual([1, 3])
  expect(latest.settled).toBe(true)
})

test('a value that is in force is not applied again', async () => {
  const apply = vi.fn<() => Promise<void>>(() => Promise.resolve())
  const latest = new Latest<{ a: number }>({ a: 1 }, { apply, onError: () => undefined })
  await latest.set({ a: 1 })
  await latest.set({ a: 2 })
  await latest.set({ a: 2 })
  expect(apply).toHaveBeenCalledTimes(1)
  await latest.set({ a: 1 })
  expect(apply).toHaveBeenCalledTimes(2)
})

test('a failure is reported and tried again until it succeeds', async () => {
  const errors: unknown[] = []
  let attempts = 0
  const apply = () => (++attempts < 3 ? Promise.reject(new Error('busy')) : Promise.resolve())
  const latest = new Latest(0, { apply, onError: (error) => errors.push(error) })
  const set = latest.set(1)
  expect(latest.settled).toBe(false)
  await set
  expect(errors).toHaveLength(2)
  expect(latest.settled).toBe(true)
})

test('close ends the attempts at once', async () => {
  const latest = new Latest(0, {
    apply: () => Promise.reject(new Error('no')),
    onError: () => latest.close(),
  })
  await latest.set(1)
  expect(latest.settled).toBe(false)
})

import { expect, test } from 'vitest'
import { until } from '../../sandbox/until.ts'

test('repeats until it works', async () => {
  let tries = 0
  const attempt = async (): Promise<number> => {
    if (++tries < 3) throw new Error('not yet')
    return tries
  }
  expect(await until(attempt, 5_000)).toBe(3)
})

test('gives the last reason when time is over', async () => {
  await expect(until(() => Promise.reject(new Error('still down')), 0)).rejects.toThrow('still down')
})

test('gives up at once when there is no more hope', async () => {
  const hope = new AbortController()
  const attempt = async (): Promise<never> => {
    hope.abort(new Error('it died'))
    throw new Error('no answer')
  }
  await expect(until(attempt, 60_000, hope.signal)).rejects.toThrow('it died')
})

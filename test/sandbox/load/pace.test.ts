import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { due } from '../../../sandbox/load/pace.ts'

test('over any sequence of ticks as many requests are sent or missed as the rate says', () => {
  const ticks = fc.array(fc.nat({ max: 2000 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), ticks, (rate, pauses) => {
      let elapsed = 0
      let done = 0
      for (const pause of pauses) {
        elapsed += pause
        const now = due(rate, elapsed, done)
        done += now.send + now.missed
      }
      expect(done).toBe(Math.floor((elapsed * rate) / 1000))
    }),
  )
})

test('a short stall is caught up, a long one counts as missed', () => {
  expect(due(200, 100, 0)).toEqual({ send: 20, missed: 0 })
  expect(due(200, 1000, 0)).toEqual({ send: 50, missed: 150 })
})

test('a clock that goes back sends nothing', () => {
  expect(due(200, 500, 150)).toEqual({ send: 0, missed: 0 })
})

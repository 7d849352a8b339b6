import { expect, test } from 'vitest'
import { skippedGenerations } from '../../../sandbox/kit/recorder.ts'

test('generations that nobody saw are named, repeats do not matter', () => {
  const seen = (...generations: number[]) => generations.map((generation) => ({ metadata: { generation } }))
  expect(skippedGenerations(seen(3, 4, 4, 5))).toEqual([])
  expect(skippedGenerations(seen(3, 5, 8, 8))).toEqual([4, 6, 7])
})

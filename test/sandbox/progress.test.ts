import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatElapsed, plainProgress } from '../../sandbox/progress.ts'

describe('formatElapsed', () => {
  test.each([
    [40, '0.0 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [185_000, '3 min 5 s'],
  ])('%i ms is "%s"', (ms, text) => expect(formatElapsed(ms)).toBe(text))
})

describe('plain progress', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('tells every 10 s what is going on, and once how it ended', () => {
    const lines: string[] = []
    const task = plainProgress((line) => void lines.push(line)).task('etcd')
    task.update('compiled 1')
    vi.advanceTimersByTime(9_000)
    task.update('compiled 2')
    vi.advanceTimersByTime(12_000)
    task.done('built')
    vi.advanceTimersByTime(60_000)
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      ' etcd 10 s compiled 2',
      ' etcd 20 s compiled 2',
      'ok etcd 21 s built',
    ])
  })
})

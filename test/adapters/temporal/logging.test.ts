import type { LogEntry } from '@temporalio/worker'
import type { Logger } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writer } from '../../../src/adapters/temporal/logging.ts'

let lines: string[]
let write: (entry: LogEntry) => void

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  const note = (level: string) => (fields: object, message: string) =>
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const levels = ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, note(level)])
  write = writer(Object.fromEntries(levels) as Logger)
})
afterEach(() => vi.useRealTimers())

function entry(level: LogEntry['level'], message: string, meta: Record<string, unknown> = {}): LogEntry {
  return { level, message, meta, timestampNanos: 0n }
}

const retry = (call: string) => entry('WARN', `${call} retried`, { sdkComponent: 'core', target: 'retry' })

describe("lines of Temporal's SDK", () => {
  it.each<[LogEntry['level'], string]>([
    ['TRACE', 'trace'],
    ['DEBUG', 'debug'],
    ['INFO', 'debug'],
    ['WARN', 'warn'],
    ['ERROR', 'error'],
  ])('of level %s are written as %s, with their fields', (level, as) => {
    write(entry(level, 'something', { activityType: 'observe' }))
    expect(lines).toEqual([`${as} something {"activityType":"observe"}`])
  })

  it('about what is so on purpose warn nobody', () => {
    write(entry('WARN', 'No workflows registered, not polling for workflow tasks'))
    expect(lines[0]).toMatch(/^debug /)
  })

  it('from its native part warn once a minute, since in an outage each of its polls does', () => {
    for (const call of ['one', 'two', 'three']) write(retry(call))
    write(entry('WARN', 'another', { sdkComponent: 'core', target: 'elsewhere' }))
    vi.advanceTimersByTime(61_000)
    write(retry('four'))
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'warn one',
      'debug two',
      'debug three',
      'warn another',
      'warn four',
    ])
  })

  it('about releases warn each time', () => {
    for (let i = 0; i < 2; i++) write(entry('WARN', 'failed', { sdkComponent: 'activity' }))
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['warn', 'warn'])
  })
})

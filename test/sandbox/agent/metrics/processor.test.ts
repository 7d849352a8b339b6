import { expect, test } from 'vitest'
import {
  Processor,
  readProcessor,
  residentMemory,
  usedMs,
} from '../../../../sandbox/agent/metrics/processor.ts'

test('usage is the difference to the youngest reading that is a second old', () => {
  const processor = new Processor()
  expect(processor.usage('a', { at: 0, usedMs: 100 })).toBeUndefined()
  expect(processor.usage('a', { at: 500, usedMs: 600 })).toBeUndefined()
  expect(processor.usage('a', { at: 2_000, usedMs: 900 })).toEqual({ cores: 0.2, at: 2_000, windowMs: 1_500 })
  expect(processor.usage('a', { at: 4_000, usedMs: 900 })).toEqual({ cores: 0, at: 4_000, windowMs: 2_000 })
})

test('what is over does not count', () => {
  const processor = new Processor()
  processor.usage('a', { at: 0, usedMs: 0 })
  expect(processor.usage('a', { at: 60_000, usedMs: 60_000 })).toBeUndefined()
})

test('another process is measured on its own, and one that nobody asks for is forgotten', () => {
  const processor = new Processor()
  processor.usage('a', { at: 0, usedMs: 0 })
  expect(processor.usage('b', { at: 2_000, usedMs: 500 })).toBeUndefined()
  processor.forget(16_000)
  processor.usage('b', { at: 16_500, usedMs: 600 })
  expect(processor.usage('a', { at: 17_500, usedMs: 900 })).toBeUndefined()
})

test('the text of /proc is read, whatever the command is called', () => {
  expect(usedMs('42 (a b) c) S 1 42 42 0 -1 4194304 1 0 0 0 150 25 0 0 20 0 11 0 7')).toBe(1_750)
})

test('this process can be read, and one that has ended cannot', () => {
  expect(readProcessor(process.pid, 5)?.usedMs).toBeGreaterThan(0)
  expect(residentMemory(process.pid)).toBeGreaterThan(1_000_000)
  expect(readProcessor(2 ** 22 + 1, 5)).toBeUndefined()
  expect(residentMemory(2 ** 22 + 1)).toBe(0)
})

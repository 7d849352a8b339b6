import { expect, test } from 'vitest'
import { loadCommand, parseDuration, parseRate } from '../../../sandbox/load/command.ts'

test.each([
  ['30s', 30_000],
  ['500ms', 500],
  ['2m', 120_000],
])('a duration of %s is %i ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected)
})

test.each(['5 minutes', '30', '-1s', '1.5s'])('a duration of %j is refused with what is allowed', (text) => {
  expect(() => parseDuration(text)).toThrow('such as 30s')
})

test.each(['0', '-5', '1e3', 'many', '20001'])('a rate of %j is refused with what is allowed', (text) => {
  expect(() => parseRate(text)).toThrow('up to 20000')
})

test('a rate may be fractional', () => {
  expect(parseRate('0.5')).toBe(0.5)
})

test('without a host the command says what is missing', async () => {
  const command = loadCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  await expect(command.parseAsync(['node', 'load'])).rejects.toThrow('--host')
})

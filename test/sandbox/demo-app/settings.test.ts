import { expect, test } from 'vitest'
import { readSettings } from '../../../sandbox/demo-app/settings.ts'

const problem = (env: Record<string, string>): string => {
  try {
    readSettings({ PORT: '80', ...env })
  } catch (error) {
    return String(error instanceof Error && error.message)
  }
  throw new Error('accepted')
}

test('without more than a port the app is healthy, quick and never crashes', () => {
  expect(readSettings({ PORT: '80' })).toEqual({
    PORT: 80,
    POD_NAME: 'unknown',
    VERSION: 'unknown',
    ERROR_RATE: 0,
    ERROR_STATUS: 500,
    LATENCY_MS: 0,
    LATENCY_SPREAD: 0,
    SLOW_RATE: 0,
    SLOW_MS: 0,
    START_DELAY_MS: 0,
    ON_DEPENDENCY_FAILURE: 'fail',
  })
})

test.each([
  ['true', 0],
  ['1500', 1500],
  ['false', undefined],
  ['', undefined],
])('CRASH=%j means a crash after %j ms', (value, after) => {
  expect(readSettings({ PORT: '80', CRASH: value }).CRASH).toBe(after)
})

test.each([
  ['PORT', '70000', 'a port from 0 to 65535'],
  ['ERROR_RATE', '1,5', 'a number from 0 to 1'],
  ['ERROR_RATE', '1.5', 'a number from 0 to 1'],
  ['ERROR_RATE', '5%', 'a number from 0 to 1'],
  ['SLOW_RATE', '-0.1', 'a number from 0 to 1'],
  ['ERROR_STATUS', '200', 'a status from 400 to 599'],
  ['LATENCY_SPREAD', '4', 'a number from 0 to 3'],
  ['LATENCY_MS', '30ms', 'whole milliseconds'],
  ['SLOW_MS', '1e3', 'whole milliseconds'],
  ['START_DELAY_MS', '600001', 'whole milliseconds'],
  ['CRASH', 'soon', 'true (exit at once)'],
  ['DEPENDENCY', 'http://ratings', 'a host in lower case'],
  ['ON_DEPENDENCY_FAILURE', 'ignore', 'degrade or fail'],
])('%s=%s is refused with the variable, the value and what is allowed', (name, value, allowed) => {
  const message = problem({ [name]: value })
  expect(message).toContain(`${name} is "${value}"; allowed: `)
  expect(message).toContain(allowed)
})

test('all bad variables are named at once', () => {
  expect(problem({ ERROR_RATE: 'x', SLOW_MS: 'y' }).split('\n')).toHaveLength(2)
})

test('a missing port is named', () => {
  expect(() => readSettings({})).toThrow('PORT is missing')
})

test('a dependency needs the address at which to call it', () => {
  expect(problem({ DEPENDENCY: 'ratings' })).toContain('DEPENDENCY_URL is missing')
})

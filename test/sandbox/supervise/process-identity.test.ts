import { describe, expect, test } from 'vitest'
import { identify, isAlive, parseProcStat } from '../../../sandbox/supervise/process-identity.ts'

const fields = '1 4 4 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 192051 0 0'

describe('parseProcStat', () => {
  test('finds the start although the name contains blanks and parentheses', () => {
    expect(parseProcStat(`4 (a (b) c) S ${fields}`, 'boot')).toBe('boot:192051')
  })
  test('tells processes of two boots apart', () => {
    expect(parseProcStat(`4 (a) S ${fields}`, 'one')).not.toBe(parseProcStat(`4 (a) S ${fields}`, 'two'))
  })
  test('takes a zombie for dead', () => {
    expect(parseProcStat(`4 (a) Z ${fields}`, 'boot')).toBeUndefined()
  })
})

test('this process is alive', () => {
  const identity = identify(process.pid)
  expect(identity && isAlive(identity)).toBe(true)
})

test('another process with the same pid is not the one meant', () => {
  expect(isAlive({ pid: process.pid, startId: 'before' })).toBe(false)
})

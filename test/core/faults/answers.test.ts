import { describe, expect, it } from 'vitest'
import { isInjected, looksOf } from '../../../src/core/faults/answers.ts'
import type { ProberAnswer } from '../../../src/core/faults/answers.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import { notPermitted } from '../../../src/core/faults/whose.ts'

const TEXT = 'fault filter abort'
const ABORT = { abort: { percent: 50, httpStatus: 503 } }
const DELAY = { delay: { percent: 50, delayMs: 500 } }
const answer = (changes: Partial<ProberAnswer>): ProberAnswer => ({ sentAt: 0, ms: 5, ...changes })

describe('a request met the fault', () => {
  it.each([
    [
      'with the status and the text of the proxy',
      { seen: { status: 503, text: TEXT }, fault: ABORT, slowestMs: 9 },
      true,
    ],
    [
      'not with an answer of the canary’s own',
      { seen: { status: 503, text: 'no database' }, fault: ABORT, slowestMs: 9 },
      false,
    ],
    [
      'not with the abort of another fault',
      { seen: { status: 418, text: TEXT }, fault: ABORT, slowestMs: 9 },
      false,
    ],
    [
      'as late as the delay, where no answer was before',
      { seen: { status: 200, ms: 501 }, fault: DELAY, slowestMs: 9 },
      true,
    ],
    ['not when it is faster', { seen: { status: 200, ms: 499 }, fault: DELAY, slowestMs: 9 }, false],
    [
      'not where answers were as late without it',
      { seen: { status: 200, ms: 501 }, fault: DELAY, slowestMs: 500 },
      false,
    ],
    ['not without an answer', { seen: { ms: 10_000 }, fault: DELAY, slowestMs: 9 }, false],
  ])('%s', (_, { seen, fault, slowestMs }, isSo) => {
    expect(isInjected(answer(seen), fault, slowestMs)).toBe(isSo)
  })
})

describe('answers of a prober', () => {
  const measures = measuresOf([
    { name: 'error-rate', istio: 'ErrorRate', max: '1%' },
    { name: 'p99', istio: 'Latency', max: '100ms' },
  ] as Parameters<typeof measuresOf>[0])
  const answers = [
    { status: 200 },
    { status: 404 },
    { status: 500 },
    { status: 200, ms: 101 },
    { problem: 'ECONNREFUSED' },
  ].map(answer)

  it('are bad with 5xx or none, and slow beyond the limit or without an answer', () => {
    const looks = looksOf(answers, measures)
    expect(looks['error-rate']?.strands[0]).toMatchObject({
      total: { canary: 5 },
      cuts: [{ bad: { canary: 2 } }],
    })
    expect(looks['p99']?.strands[0]).toMatchObject({
      total: { canary: 5 },
      cuts: [{ at: 100, isLimit: true, bad: { canary: 2 } }],
    })
  })

  it('say nothing where there are none', () => {
    expect(looksOf([], measures)).toEqual({})
  })
})

describe('the limit of the administrator', () => {
  const traffic = 'RealRequests' as const

  it.each([
    [5, { traffic, abort: { percent: 5, httpStatus: 503 } }, undefined],
    [4, { traffic, abort: { percent: 5, httpStatus: 503 } }, /up to 5 %.*at most 4 %/],
    [9, { traffic, ...ABORT, ...DELAY }, /up to 100 %/],
    [0, { dependency: 'ratings', ...ABORT }, undefined],
  ])('of %i %% is held against %o', (limit, fault, says) => {
    const why = notPermitted(fault, limit)
    if (says === undefined) expect(why).toBeUndefined()
    else expect(why).toMatch(says)
  })
})

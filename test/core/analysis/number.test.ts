import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_NUMBERS, addReading, judgeNumber } from '../../../src/core/analysis/number.ts'
import type { NumberRule, NumberState, Reading } from '../../../src/core/analysis/number.ts'
import { numberRule, shareLimit } from '../../../src/core/analysis/query/rule.ts'
import { cases } from '../property.ts'

const LEAST: NumberRule = { min: 0.02, failureLimit: 2 }
const number = (value: number): Reading => ({ kind: 'Number', value })
const NO_DATA: Reading = { kind: 'NoData' }
const ERROR: Reading = { kind: 'ProviderError', reason: 'ECONNREFUSED' }

function after(readings: readonly Reading[], rule: NumberRule = LEAST): NumberState {
  return readings.reduce((state, reading, index) => addReading(state, reading, index + 1, rule), NO_NUMBERS)
}

const verdictAfter = (readings: readonly Reading[], rule: NumberRule = LEAST) =>
  judgeNumber(after(readings, rule), rule)

describe('a plain number', () => {
  it('is no data before it was read', () => {
    expect(judgeNumber(NO_NUMBERS, LEAST)).toEqual({
      verdict: 'NoData',
      limit: 'at least 0.02',
      evidence: 'there is no data yet',
    })
  })

  it('passes within its limits, the limits included', () => {
    const rule = { min: 0.02, max: 0.5, failureLimit: 0 }
    for (const value of [0.02, 0.3, 0.5])
      expect(verdictAfter([number(value)], rule)).toEqual({
        verdict: 'Pass',
        value,
        limit: 'from 0.02 to 0.5',
        evidence: `${value} is from 0.02 to 0.5`,
      })
  })

  it('outside of its limits is Unsure while failures are borne', () => {
    expect(verdictAfter([number(0.03), number(0.01), number(0.018)])).toMatchObject({
      verdict: 'Unsure',
      value: 0.018,
      evidence: '0.018 is below 0.02, 2 of at most 2 failures so far',
    })
    expect(verdictAfter([number(0.018), number(0.021)])).toMatchObject({
      verdict: 'Pass',
      evidence: '0.021 is at least 0.02, 1 of at most 2 failures so far',
    })
  })

  it('fails with one failure more, and says so for good', () => {
    const bad = [number(0.01), number(0.03), number(0.01), number(0.018)]
    const verdict = {
      verdict: 'Fail',
      value: 0.018,
      evidence: '0.018 is below 0.02: 3 failures, at most 2 are allowed',
    }
    expect(verdictAfter(bad)).toMatchObject(verdict)
    expect(verdictAfter([...bad, number(0.03), NO_DATA, ERROR])).toMatchObject(verdict)
  })

  it('fails at once where nothing is borne', () => {
    expect(verdictAfter([number(3)], { max: 2, failureLimit: 0 })).toMatchObject({
      verdict: 'Fail',
      limit: 'at most 2',
      evidence: '3 is above 2: 1 failure, none is allowed',
    })
  })

  it('fails of failures in a row, which a good one ends and no data does not', () => {
    const rule = numberRule({ max: '2', consecutiveFailures: 2 })
    expect(verdictAfter([number(3), number(1), number(3)], rule)).toMatchObject({
      verdict: 'Unsure',
      evidence: '3 is above 2, 2 failures so far, 1 of 2 in a row',
    })
    expect(verdictAfter([number(3), NO_DATA, ERROR, number(4)], rule)).toMatchObject({
      verdict: 'Fail',
      value: 4,
      evidence: '4 is above 2: 2 failures in a row',
    })
  })

  it('tells no data, an unwell provider and an answer that is no number apart', () => {
    expect(verdictAfter([number(1), NO_DATA])).toMatchObject({ verdict: 'NoData' })
    expect(verdictAfter([number(1), ERROR])).toMatchObject({
      verdict: 'ProviderError',
      evidence: 'ECONNREFUSED',
    })
    expect(verdictAfter([{ kind: 'Bad', reason: 'it has 2 elements' }])).toMatchObject({
      verdict: 'ProviderError',
      evidence: 'there is no number in the answer: it has 2 elements',
    })
    expect(verdictAfter([number(Infinity)])).toMatchObject({ verdict: 'ProviderError' })
    expect(verdictAfter([number(Number.NaN)])).toMatchObject({ verdict: 'ProviderError' })
  })

  const reading = fc.oneof(
    fc.double({ noNaN: true, min: -1, max: 1 }).map(number),
    fc.constant(NO_DATA),
    fc.constant(ERROR),
  )

  it('is counted once, though a restart reads it again', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 20 }), fc.nat(20), (readings, at) => {
        const state = after(readings)
        const again = readings
          .slice(0, at)
          .reduce((one, old, index) => addReading(one, old, index + 1, LEAST), state)
        expect(again).toEqual(state)
      }),
      cases(300),
    )
  })

  it('fails exactly when more failures were seen than are borne, whatever came between', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 20 }), (readings) => {
        const failures = readings.filter((one) => one.kind === 'Number' && one.value < 0.02).length
        expect(verdictAfter(readings).verdict === 'Fail').toBe(failures > 2)
      }),
      cases(300),
    )
  })

  it('is remembered in a bounded space that survives JSON', () => {
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 200 }),
        fc.string({ maxLength: 2000 }),
        (readings, reason) => {
          const state = after([...readings, { kind: 'Bad', reason }])
          expect(JSON.parse(JSON.stringify(state))).toEqual(state)
          expect(JSON.stringify({ ...state, reason: '' }).length).toBeLessThan(300)
          expect((state.reason ?? '').length).toBeLessThanOrEqual(300)
        },
      ),
      cases(100),
    )
  })
})

describe('the rule of a metric', () => {
  it('bears nothing unless it says so', () => {
    expect(numberRule({ min: '0.02', max: '1' })).toEqual({ min: 0.02, max: 1, failureLimit: 0 })
    expect(numberRule({ min: '-1', failureLimit: 3 })).toEqual({ min: -1, failureLimit: 3 })
  })

  it('of a template must suit what the template yields', () => {
    expect(() => numberRule({ max: '1%' })).toThrow('max must be a decimal number, found "1%"')
    expect(() => shareLimit({ min: '1', max: '1%' })).toThrow(
      'min must be absent: the template yields counts',
    )
    expect(() => shareLimit({ max: '0.5' })).toThrow('"0.5" is not a percentage')
    expect(shareLimit({ max: '1%' })).toBe(0.01)
    expect(shareLimit({})).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { changeLines, noteLine } from '../../../src/cli/watch/changes.ts'
import { AT_20, NOW, PROMOTED, aView, anEvent, verdict } from '../fixtures.ts'

const BEFORE = aView(AT_20, [anEvent(60, 'WeightRaised')])

describe('the lines of a watched Rollout', () => {
  it('begin with its status, not with old events', () => {
    expect(changeLines(undefined, BEFORE, NOW)).toEqual([
      `2026-05-06T12:00:00Z  Progressing step 2/4: ${AT_20.message}`,
    ])
  })

  it('are none while nothing changes', () => {
    expect(changeLines(BEFORE, BEFORE, NOW + 5_000)).toEqual([])
  })

  it('tell a new status', () => {
    const [line] = changeLines(BEFORE, aView({ ...PROMOTED, verdicts: AT_20.verdicts }, BEFORE.events), NOW)
    expect(line).toBe('2026-05-06T12:00:00Z  Promoted: v2 has all traffic; v1 stays ready for 10m')
  })

  it('tell a new event with its own time, once', () => {
    const after = aView(AT_20, [...BEFORE.events, anEvent(1, 'Drifted')])
    expect(changeLines(BEFORE, after, NOW)).toEqual([
      '2026-05-06T11:59:59Z  event Drifted: message of Drifted',
    ])
    expect(changeLines(after, after, NOW)).toEqual([])
  })

  it('tell a verdict when it turns, not whenever its numbers change', () => {
    const judged = (word: 'Unsure' | 'Pass', evidence: string) =>
      aView({ ...AT_20, verdicts: [verdict('error-rate', word, evidence)] }, BEFORE.events)
    expect(changeLines(judged('Unsure', '1 of 900'), judged('Unsure', '2 of 900'), NOW)).toEqual([])
    expect(changeLines(judged('Unsure', '899 of 900'), judged('Pass', '0 of 901'), NOW)).toEqual([
      '2026-05-06T12:00:00Z  verdict Pass of error-rate: 0 of 901',
    ])
  })

  it('stay one line each, whatever a message holds', () => {
    const evil = aView({ ...AT_20, message: 'a\nb\u001B[2Jc' }, [anEvent(1, 'Bad', { message: 'x\r\ny' })])
    const lines = changeLines(BEFORE, evil, NOW)
    expect(lines).toEqual([
      '2026-05-06T11:59:59Z  event Bad: x y',
      '2026-05-06T12:00:00Z  Progressing step 2/4: a bc',
    ])
    expect(noteLine('a\nb', NOW)).toBe('2026-05-06T12:00:00Z  a b')
  })
})

import { describe, expect, it } from 'vitest'
import { verdictsOutcome } from '../../bench/verdicts/report.ts'
import type { Answer } from '../../bench/verdicts/report.ts'
import type { Kind, Trial } from '../../bench/verdicts/trial.ts'
import { askedFor } from '../../bench/verdicts/verdicts.ts'

function answer(kind: Kind, name: string, trial: Partial<Trial>): Answer {
  const right = { Failing: 'RolledBack', Alike: 'Promoted' }[kind]
  return {
    name,
    kind,
    trial: { kind, result: right, reason: 'why', canaryRequests: 900, seconds: 30, ...trial },
  }
}

const RIGHT = [
  answer('Failing', 'failing-1', { canaryRequests: 1000, seconds: 40 }),
  answer('Alike', 'alike-1', {}),
  answer('Failing', 'failing-2', { canaryRequests: 3000, seconds: 60.5 }),
]

describe('releases that are asked for', () => {
  it('are of both kinds in turns', () => {
    expect(askedFor(2).map(({ name }) => name)).toEqual(['failing-1', 'alike-1', 'failing-2', 'alike-2'])
  })
})

describe('verdicts', () => {
  it('that are right are counted, with what they took', () => {
    const { tables, wrong } = verdictsOutcome(RIGHT, 4)
    expect(tables[0]?.rows).toEqual([
      ['1 %', 'rolled back', '2 of 2', '0', '1000', '3000', '40.0 s', '60.5 s'],
      ['0.1 %', 'promoted', '1 of 1', '0', '900', '900', '30.0 s', '30.0 s'],
    ])
    expect(wrong).toEqual([])
  })

  it('that are wrong are told, and so is what could not be carried through', () => {
    const { tables, wrong } = verdictsOutcome(
      [
        ...RIGHT,
        answer('Failing', 'failing-3', { result: 'Promoted' }),
        answer('Alike', 'alike-2', { result: 'RolledBack', reason: 'MetricFailed: error-rate' }),
        { name: 'alike-3', kind: 'Alike', problem: 'no pod became ready' },
      ],
      4,
    )
    expect(wrong).toEqual([
      'failing-3: a canary with 1 % errors was Promoted: why',
      'alike-2: a canary with 0.1 % errors was RolledBack: MetricFailed: error-rate',
      'alike-3: a canary with 0.1 % errors: no pod became ready',
    ])
    expect(tables[0]?.rows.map((row) => row.slice(2, 4))).toEqual([
      ['2 of 3', '1'],
      ['1 of 3', '2'],
    ])
  })

  it('without any right one have no figures', () => {
    const { tables } = verdictsOutcome([{ name: 'alike-1', kind: 'Alike', problem: 'gone' }], 4)
    expect(tables[0]?.rows[1]).toEqual(['0.1 %', 'promoted', '0 of 1', '1', '-', '-', '-', '-'])
  })
})

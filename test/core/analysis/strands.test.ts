import { describe, expect, test } from 'vitest'
import { binomial, randomOf } from '../../../bench/analysis/simulation/random.ts'
import { cutsOf } from '../../../src/core/analysis/cuts.ts'
import { initialEProcess, logE, updateEProcess } from '../../../src/core/analysis/eprocess.ts'
import type { EProcessState } from '../../../src/core/analysis/eprocess.ts'
import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { hypothesesOf, paramsOf } from '../../../src/core/analysis/processes.ts'
import type { ProcessName } from '../../../src/core/analysis/processes.ts'
import { addToStrand, cutsFor, initialStrand, logEOf, stateOf } from '../../../src/core/analysis/strands.ts'
import type { CutLook, Reporter, Strand, StrandLook } from '../../../src/core/analysis/strands.ts'
import { WEIGHTS, at } from './looks.ts'

const MARGINS = { tolerance: 0.001, relativeTolerance: 0.1 }
const LATENCY: Measure = {
  name: 'p99',
  kind: 'Latency',
  limit: 0.01,
  max: '500ms',
  vsStable: { ...MARGINS, harmBudget: 0.0025 },
  vsHistory: MARGINS,
}
const ERRORS: Measure = { ...LATENCY, name: 'error-rate', kind: 'ErrorRate', max: '1%' }
/** Share of requests slower than each boundary (milliseconds); the first is the limit's. */
const SLOWER: readonly [at: number, share: number][] = [
  [500, 0.004],
  [50, 0.45],
  [100, 0.2],
  [250, 0.02],
  [500, 0.004],
  [1000, 0.0005],
]

/** Looks at a step with as much traffic, a look every 15 s. */
function* looksOf({ kind }: Measure, step: number, rps: number, looks: number): Generator<StrandLook[]> {
  const random = randomOf(looks + step)
  const weight = (WEIGHTS[step] ?? 100) / 100
  const total = { canary: Math.round(rps * 15 * weight), stable: Math.round(rps * 15 * (1 - weight)) }
  const cut = (share: number): CutLook => ({
    bad: { canary: binomial(random, total.canary, share), stable: binomial(random, total.stable, share) },
    phi: 1.1234567,
    past: share * 1.0123456789,
  })
  const sides: readonly Reporter[] = kind === 'Latency' ? ['Destination'] : ['Source', 'Destination']
  for (let look = 0; look < looks; look++) {
    yield sides.map((reporter) => {
      const slower = SLOWER.map(([ms, share], index) => ({
        at: ms,
        ...(index === 0 && { isLimit: true as const }),
        ...cut(share),
      }))
      return { reporter, total, cuts: kind === 'Latency' ? slower : [cut(0.002)] }
    })
  }
}

/** The evidence at the end of each step. */
function stepsOf(measure: Measure, rps: number, looks: number): Evidence[] {
  let evidence = initialEvidence([measure], WEIGHTS.length)
  return WEIGHTS.map((_, step) => {
    for (const strands of looksOf(measure, step, rps, looks))
      evidence = addLook(evidence, [measure], { [measure.name]: { strands } }, at(step))
    return evidence
  })
}

const bytesOf = ({ metrics }: Evidence, { name }: Measure) => Buffer.byteLength(JSON.stringify(metrics[name]))

describe('the evidence of a metric', () => {
  test.each([ERRORS, LATENCY].flatMap((measure) => [1, 100, 10_000].map((rps) => ({ measure, rps }))))(
    '$measure.name at $rps rps takes less than 1 KB, however long a release lasts',
    ({ measure, rps }) => {
      for (const evidence of stepsOf(measure, rps, 1500)) {
        expect(bytesOf(evidence, measure)).toBeLessThan(1024)
        expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
      }
    },
  )
})

const COURSE = at(1)
const HYPOTHESES = hypothesesOf(LATENCY, COURSE)
const after = (strand: Strand, looks: Iterable<StrandLook[]>) => {
  let known = strand
  for (const [look] of looks) if (look !== undefined) known = addToStrand(known, look, HYPOTHESES)
  return known
}
const first = (rps = 20): StrandLook => {
  for (const [look] of looksOf(LATENCY, 1, rps, 1)) if (look !== undefined) return look
  throw new Error('there is no look')
}

/** All looks of a cut, by the test as it is written down. */
function exactly(looks: Iterable<StrandLook[]>, index: number, name: ProcessName): EProcessState {
  let state = initialEProcess()
  for (const [look] of looks) {
    const cut = look?.cuts[index]
    const params = paramsOf(LATENCY, name, COURSE, { phi: 1.124 })
    if (cut === undefined || params === undefined) continue
    const total = { nStable: look?.total.stable ?? 0, nCanary: look?.total.canary ?? 0 }
    state = updateEProcess(state, { ...total, xStable: cut.bad.stable, xCanary: cut.bad.canary }, params)
  }
  return state
}

describe('a strand', () => {
  test.each(['limit', 'fail', 'pass'] as const)('bets as %s at each cut as the test alone would', (name) => {
    const looks = [...looksOf(LATENCY, 1, 20, 1000)]
    const strand = after(initialStrand(first(), LATENCY), looks)
    const cuts = cutsFor(strand, name)
    expect(cuts.map(({ at: ms }) => ms)).toEqual(name === 'limit' ? [500] : [50, 100, 250, 500, 1000])
    for (const cut of cuts) {
      const exact = exactly(looks, cut.index, name)
      const { logs, spent } = stateOf(strand, cut, name)
      expect(spent).toBeCloseTo(exact.spent, 5)
      expect(logEOf(strand, cut, name)).toBeCloseTo(logE(exact), 1)
      for (const [bet, log] of exact.logs.entries()) {
        if (log > -40) expect(logs[bet]).toBeCloseTo(log, 1)
        else expect(logs[bet] ?? -Infinity).toBeLessThan(-39)
      }
    }
  })

  test('finds the cuts of looks wherever they stand, and leaves those alone that a look lacks', () => {
    const look = first()
    const turned = { ...look, cuts: look.cuts.toReversed() }
    const begun = initialStrand(turned, LATENCY)
    expect(cutsOf(begun)[0]).toMatchObject({ at: 500, isLimit: true })
    const whole = addToStrand(begun, turned, HYPOTHESES)
    expect(addToStrand(begun, look, HYPOTHESES)).toEqual(whole)
    const limitOnly = addToStrand(whole, { ...look, cuts: look.cuts.slice(0, 1) }, HYPOTHESES)
    expect(limitOnly.bets.fail).toEqual(whole.bets.fail)
    expect(limitOnly.bets.limit?.looks).toBe(2)
    expect(limitOnly.bad.canary.slice(1)).toEqual(whole.bad.canary.slice(1))
  })

  test('forgets bets that lost nearly all, and they come back with the next capital', () => {
    const healthy = addToStrand(initialStrand(first(10_000), LATENCY), first(10_000), HYPOTHESES)
    const [limit] = cutsFor(healthy, 'limit')
    if (limit === undefined) throw new Error('there is no limit')
    expect(stateOf(healthy, limit, 'limit').logs.length).toBeLessThan(6)
    const { total } = first(10_000)
    const dead = {
      reporter: 'Destination' as const,
      total,
      cuts: [{ at: 500, isLimit: true as const, phi: 1, bad: { canary: total.canary, stable: 0 } }],
    }
    const harmed = addToStrand(healthy, dead, HYPOTHESES)
    expect(stateOf(harmed, limit, 'limit').logs).toHaveLength(6)
    expect(logEOf(harmed, limit, 'limit')).toBeGreaterThan(1000)
  })
})

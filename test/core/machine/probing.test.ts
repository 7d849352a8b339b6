import { describe, expect, it } from 'vitest'
import { initialEvidence, restartStep } from '../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import type { PlannedFault } from '../../../src/core/faults/planned.ts'
import type { ProbeVerdict } from '../../../src/core/faults/progress.ts'
import type { ResultEvent } from '../../../src/core/machine/event.ts'
import { desiredWeight } from '../../../src/core/machine/state.ts'
import type { ReleaseState } from '../../../src/core/machine/state.ts'
import { transition } from '../../../src/core/machine/transition.ts'
import { START, aPlan, aState, aWanted } from '../shop.ts'

const AT = START + 60_000
const HOST = 'ratings.shop.svc.cluster.local'
const message = 'a message'
const evidence = initialEvidence(measuresOf(aPlan().metrics), 2)

function aFault(name: string, required = true): PlannedFault {
  return { name, dependency: HOST, durationMs: 60_000, recoveryMs: 30_000, required }
}

/** A step with the probes `first` and `second`, and one without any. */
function inPhase(
  phase: 'Raising' | 'Probing' | 'Observing',
  { required = true, ...changes }: Partial<ReleaseState> & { readonly required?: boolean } = {},
): ReleaseState {
  const steps = [
    { weight: 5, holdMs: 0, faults: ['first', 'second'] },
    { weight: 100, holdMs: 0 },
  ]
  const plan = aPlan({ steps, faults: [aFault('first', required), aFault('second')] })
  return aState(phase, { plan, wanted: aWanted({ plan }), step: 0, ...changes })
}

type Told<E> = E extends ResultEvent ? Omit<E, 'seq' | 'at'> : never

function after(state: ReleaseState, event: Told<ResultEvent>): ReleaseState {
  return transition(state, { ...event, seq: state.seq, at: AT })
}

function probed(state: ReleaseState, verdict: ProbeVerdict, name = 'first'): ReleaseState {
  const result = { name, host: HOST, verdict, message }
  return after(state, { type: 'Probed', result, countedTo: AT - 5_000 })
}

describe('a step that names fault probes', () => {
  it('is probed before it is observed, at its weight', () => {
    const probing = after(inPhase('Raising'), { type: 'Raised' })
    expect(probing).toMatchObject({ phase: 'Probing', seq: 11, weightSeq: 10, stepStartedAt: AT })
    expect(desiredWeight(probing)).toBe(5)
  })

  it('is observed at once when all of them were made, as is one that names none', () => {
    const done = { step: 0, done: 2, tries: 0, results: [] }
    expect(after(inPhase('Raising', { probes: done }), { type: 'Raised' }).phase).toBe('Observing')
    expect(after(inPhase('Raising', { step: 1 }), { type: 'Raised' }).phase).toBe('Observing')
  })

  it('has them one after the other, and then counts what comes after the last', () => {
    const second = probed(inPhase('Probing'), 'Pass')
    expect(second).toMatchObject({ phase: 'Probing', seq: 11, countFrom: AT, probes: { done: 1 } })
    const over = probed(second, 'Pass', 'second')
    expect(over).toMatchObject({ phase: 'Observing', seq: 12, countFrom: AT, probes: { done: 2, tries: 0 } })
    expect(over.probes?.results.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['first', 'Pass'],
      ['second', 'Pass'],
    ])
  })

  it('keeps its start, so that probes neither shorten nor repeat its hold', () => {
    expect(probed(inPhase('Probing', { stepStartedAt: START }), 'Pass').stepStartedAt).toBe(START)
  })
})

describe('a required probe', () => {
  it('that fails takes the release back, for good', () => {
    const lowering = probed(inPhase('Probing'), 'Fail')
    expect(lowering).toMatchObject({
      phase: 'Lowering',
      ending: { result: 'RolledBack', reason: 'ProbeFailed', message, failed: true },
      probes: { results: [{ name: 'first', verdict: 'Fail' }] },
    })
    expect(desiredWeight(lowering)).toBe(0)
  })

  it('that tells nothing is awaited by the step, and its tries are counted', () => {
    const awaiting = probed(inPhase('Probing'), 'Inconclusive')
    expect(awaiting).toMatchObject({ phase: 'Observing', probes: { done: 0, tries: 1 } })
    const due = after(awaiting, { type: 'ProbeDue', evidence, countedTo: AT - 1 })
    expect(due).toMatchObject({ phase: 'Probing', evidence, countFrom: AT - 1, probes: { tries: 1 } })
    expect(probed(due, 'Inconclusive')).toMatchObject({ phase: 'Observing', probes: { done: 0, tries: 2 } })
    expect(probed(due, 'Pass')).toMatchObject({ phase: 'Probing', probes: { done: 1, tries: 0 } })
  })
})

describe('a probe that is only to report', () => {
  it.each<ProbeVerdict>(['Pass', 'Fail', 'Inconclusive'])(
    'lets the release go on to the next: %s',
    (verdict) => {
      expect(probed(inPhase('Probing', { required: false }), verdict)).toMatchObject({
        phase: 'Probing',
        probes: { done: 1, tries: 0, results: [{ name: 'first', verdict }] },
      })
    },
  )
})

describe('a canary in place of stable', () => {
  it('is never probed, and its step begins anew with its probes when stable is back', () => {
    const lost = after(inPhase('Probing', { evidence }), { type: 'StableLost', message })
    expect(lost).toMatchObject({ phase: 'Raising', stableLost: true, evidence })
    const alone = after(lost, { type: 'Raised' })
    expect(alone.phase).toBe('Observing')
    const back = after(alone, { type: 'StableBack' })
    expect(back.phase).toBe('Raising')
    expect(after(back, { type: 'Raised' }).phase).toBe('Probing')
  })

  it('has all probes of the step again', () => {
    const probes = { step: 0, done: 2, tries: 0, results: [] }
    const back = after(inPhase('Observing', { stableLost: true, probes }), { type: 'StableBack' })
    expect(back.probes).toMatchObject({ done: 0 })
    expect(after(back, { type: 'Raised' }).phase).toBe('Probing')
  })
})

describe('what comes between', () => {
  const probes = { step: 0, done: 1, tries: 3, results: [] }

  it('moved weights are put back, and the probe that was under way begins anew', () => {
    const raising = after(inPhase('Probing', { probes }), { type: 'Drifted', evidence, message })
    expect(raising).toMatchObject({ phase: 'Raising', probes, driftedAt: AT })
    expect(after(raising, { type: 'Raised' })).toMatchObject({ phase: 'Probing', probes })
  })

  it('a canary that loses its pods has all probes of the step again', () => {
    const preparing = after(inPhase('Probing', { probes, evidence }), { type: 'CanaryLost', message })
    expect(preparing).toMatchObject({
      phase: 'Preparing',
      losses: 1,
      evidence: restartStep(evidence),
      probes: { done: 0, tries: 0 },
    })
    expect(desiredWeight(preparing)).toBe(0)
    const again = after(after(preparing, { type: 'Prepared' }), { type: 'Raised' })
    expect(again.phase).toBe('Probing')
  })

  it.each<Told<ResultEvent>>([
    { type: 'Overtaken', message },
    { type: 'Failed', reason: 'MetricFailed', message },
    { type: 'TemplateChanged', templateHash: 'template-2' },
  ])('$type takes the release back', (event) => {
    expect(after(inPhase('Probing'), event).phase).toBe('Lowering')
  })

  it('a pause of the Rollout stops the next step, and no probe', () => {
    const paused = inPhase('Probing', { wanted: aWanted({ paused: true }) })
    expect(probed(paused, 'Pass').phase).toBe('Probing')
  })
})

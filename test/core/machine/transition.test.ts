import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addLook, initialEvidence, restartStep } from '../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import type { ReleaseEvent, ResultEvent } from '../../../src/core/machine/event.ts'
import { desiredWeight, initialState } from '../../../src/core/machine/state.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import { transition } from '../../../src/core/machine/transition.ts'
import { at, looksAt } from '../analysis/looks.ts'
import { ROLLOUT, START, V1, V2, aPlan, aState, aWanted } from '../shop.ts'
import { cases } from '../property.ts'

const LIMITS = measuresOf(aPlan().metrics)
const evidence = initialEvidence(LIMITS, 3)
/** After requests of which too many failed, though not enough to say so. */
const harmed = addLook(evidence, LIMITS, looksAt(LIMITS, { 'error-rate': { total: 100, bad: 2 } }), at(0))
const stamp = { seq: 10, at: START + 60_000 }
const message = 'a message'

/** Each result that an action may end in, as of the state's own action. */
const RESULTS: Readonly<Record<ResultEvent['type'], ResultEvent>> = {
  Cleared: { type: 'Cleared', ...stamp, floor: 3, stable: V1, canary: V2, stablePods: 4, adopt: false },
  Unneeded: { type: 'Unneeded', ...stamp, floor: 3 },
  Refused: { type: 'Refused', ...stamp, floor: 3, findings: [{ reason: 'RouteNotFound', message }] },
  Leftover: { type: 'Leftover', ...stamp, floor: 3, stable: V1, canary: V2 },
  Elapsed: { type: 'Elapsed', ...stamp },
  Prepared: { type: 'Prepared', ...stamp },
  DeadlineExceeded: { type: 'DeadlineExceeded', ...stamp, message },
  Raised: { type: 'Raised', ...stamp },
  Overtaken: { type: 'Overtaken', ...stamp, message },
  Passed: { type: 'Passed', ...stamp, evidence, countedTo: START + 50_000 },
  Renewed: { type: 'Renewed', ...stamp, evidence, countedTo: START + 50_000 },
  Probed: {
    type: 'Probed',
    ...stamp,
    result: { name: 'ratings-down', host: 'ratings.shop.svc.cluster.local', verdict: 'Pass', message },
    countedTo: START + 50_000,
  },
  ProbeDue: { type: 'ProbeDue', ...stamp, evidence, countedTo: START + 50_000 },
  Failed: { type: 'Failed', ...stamp, reason: 'MetricFailed', message },
  Drifted: { type: 'Drifted', ...stamp, evidence, message },
  CanaryLost: { type: 'CanaryLost', ...stamp, evidence, message },
  StableLost: { type: 'StableLost', ...stamp, message },
  StableBack: { type: 'StableBack', ...stamp },
  TemplateChanged: { type: 'TemplateChanged', ...stamp, templateHash: 'template-2' },
  Promoted: { type: 'Promoted', ...stamp },
  Retired: { type: 'Retired', ...stamp },
  Lowered: { type: 'Lowered', ...stamp },
  Cleaned: { type: 'Cleaned', ...stamp },
  Forgotten: { type: 'Forgotten', ...stamp },
}

function after(phase: Phase, type: ResultEvent['type'], changes: Partial<ReleaseState> = {}): ReleaseState {
  return transition(aState(phase, changes), RESULTS[type])
}

describe('a stable version that loses its pods', () => {
  const inStep = { step: 0, stepStartedAt: START, countFrom: START, weightSeq: 9 }

  it('leaves all traffic to the canary, and the step begins anew when they are back', () => {
    const lost = after('Observing', 'StableLost', inStep)
    expect(lost).toMatchObject({ phase: 'Raising', stableLost: true })
    expect(desiredWeight(lost)).toBe(100)
    const back = after('Observing', 'StableBack', { ...inStep, stableLost: true })
    expect(back.phase).toBe('Raising')
    expect(desiredWeight(back)).toBe(5)
    expect(back).not.toHaveProperty('stableLost')
    expect(back).not.toHaveProperty('stepStartedAt')
  })

  it('keeps what spoke against the canary, and nothing of the step that spoke for it', () => {
    const lost = transition(aState('Observing', inStep), {
      ...RESULTS.StableLost,
      evidence: harmed,
    } as ReleaseEvent)
    expect(lost.evidence).toEqual(harmed)
    const back = after('Observing', 'StableBack', { ...inStep, stableLost: true, evidence: harmed })
    expect(back.evidence).toEqual(restartStep(harmed))
  })

  it('as an older observer tells it leaves the evidence that there was', () => {
    expect(after('Observing', 'StableLost', { ...inStep, evidence: harmed }).evidence).toEqual(harmed)
    expect(after('Observing', 'StableLost', inStep)).not.toHaveProperty('evidence')
    expect(after('Observing', 'StableBack', { ...inStep, stableLost: true })).not.toHaveProperty('evidence')
  })

  it('is no reason to keep all traffic with a canary that loses its own', () => {
    const preparing = after('Observing', 'CanaryLost', { ...inStep, stableLost: true })
    expect(preparing.phase).toBe('Preparing')
    expect(preparing).not.toHaveProperty('stableLost')
  })
})

describe('the way of a good release', () => {
  it.each<[Phase, ResultEvent['type'], Phase, Partial<ReleaseState>]>([
    ['Preflight', 'Cleared', 'Preparing', {}],
    ['Preparing', 'Prepared', 'Raising', {}],
    ['Raising', 'Raised', 'Observing', { step: 0 }],
    ['Observing', 'Passed', 'Raising', { step: 0 }],
    ['Observing', 'Passed', 'Promoting', { step: 2 }],
    ['Promoting', 'Promoted', 'Retaining', { step: 2 }],
    ['Retaining', 'Elapsed', 'Retiring', {}],
    ['Retiring', 'Retired', 'Done', {}],
  ])('leads from %s by %s to %s', (phase, type, next, changes) => {
    expect(after(phase, type, changes).phase).toBe(next)
  })

  it('takes the identity from version, template and a sequence above all that stand in the cluster', () => {
    const event = { ...RESULTS.Cleared, floor: 41 } as ReleaseEvent
    expect(transition(aState('Preflight'), event)).toMatchObject({ id: 'v2-template-1-41', seq: 42 })
  })

  it('takes each step in turn', () => {
    const first = after('Observing', 'Passed', { step: 0, stepStartedAt: START })
    expect(first).toMatchObject({ step: 1, phase: 'Raising' })
    expect(first.stepStartedAt).toBeUndefined()
    expect(desiredWeight(first)).toBe(20)
  })

  it('skips the steps of a version that is the only one alive', () => {
    expect(after('Preparing', 'Prepared', { direct: 'Adopted' }).phase).toBe('Promoting')
  })

  it('tells the history how it ended', () => {
    expect(after('Promoting', 'Promoted', { step: 2 }).ended).toEqual({
      from: 'v1',
      to: 'v2',
      result: 'Promoted',
      reason: 'v2 has all traffic',
      startedAt: '2026-01-02T03:04:05.000Z',
      finishedAt: '2026-01-02T03:05:05.000Z',
    })
  })
})

describe('the end of a bad release', () => {
  it.each<[Phase, ResultEvent['type'], string]>([
    ['Preparing', 'DeadlineExceeded', 'ProgressDeadlineExceeded'],
    ['Raising', 'Overtaken', 'Halted'],
    ['Observing', 'Failed', 'MetricFailed'],
  ])('in %s by %s takes weight first, with the reason %s', (phase, type, reason) => {
    expect(after(phase, type)).toMatchObject({ phase: 'Lowering', ending: { reason, failed: true } })
  })

  it('is told to the history before it is cleaned up', () => {
    const ending = { result: 'RolledBack', reason: 'MetricFailed', message, failed: true } as const
    const lowered = after('Lowering', 'Lowered', { ending })
    expect(lowered).toMatchObject({ phase: 'Cleaning', ended: { result: 'RolledBack', to: 'v2' } })
    expect(transition(lowered, { ...RESULTS.Cleaned, seq: lowered.seq }).phase).toBe('Done')
  })

  it('is taken for a fact by a workflow that begins anew', () => {
    const lastFailed = { version: 'v2', templateHash: 'template-1', reason: 'MetricFailed', message, at: '' }
    const event = { ...RESULTS.Cleared, lastFailed } as ReleaseEvent
    expect(transition(aState('Preflight'), event)).toMatchObject({
      phase: 'Done',
      ending: { failed: true, message },
    })
    const changed = aState('Preflight', { templateHash: 'template-2' })
    expect(transition(changed, event).phase).toBe('Preparing')
  })

  it('leaves an earlier failure of another version alone', () => {
    const lastFailed = { version: 'v0', templateHash: 'template-1', reason: 'X', message, at: '' }
    expect(transition(aState('Preflight'), { ...RESULTS.Cleared, lastFailed } as ReleaseEvent).phase).toBe(
      'Preparing',
    )
  })
})

describe('a canary without pods', () => {
  it('waits at weight 0 for them once, and begins its step anew', () => {
    const lost = after('Observing', 'CanaryLost', { step: 1, stepStartedAt: START, countFrom: START })
    expect(lost).toMatchObject({ phase: 'Preparing', step: 1, losses: 1 })
    expect(lost).not.toHaveProperty('stepStartedAt')
    expect(lost).not.toHaveProperty('countFrom')
    expect(desiredWeight(lost)).toBe(0)
  })

  it('keeps what spoke against it, and nothing of the step that spoke for it', () => {
    const lost = transition(aState('Observing', { step: 0 }), {
      ...RESULTS.CanaryLost,
      evidence: harmed,
    } as ReleaseEvent)
    expect(lost.evidence).toEqual(restartStep(harmed))
  })

  it('is given up on when it happens again', () => {
    expect(after('Observing', 'CanaryLost', { losses: 1 })).toMatchObject({
      phase: 'Lowering',
      ending: { reason: 'CanaryLost' },
    })
  })
})

describe('a step', () => {
  it('begins with its first raise, and counts requests after the warm-up', () => {
    expect(after('Raising', 'Raised', { step: 0 })).toMatchObject({
      weightSeq: 10,
      stepStartedAt: stamp.at,
      countFrom: stamp.at + 2_000,
    })
  })

  it('keeps its start when a weight is put back, and counts from then on', () => {
    const began = stamp.at - 30_000
    expect(after('Raising', 'Raised', { step: 0, stepStartedAt: began })).toMatchObject({
      stepStartedAt: began,
      countFrom: stamp.at,
    })
  })

  it('keeps its warm-up when a weight is put back within it', () => {
    const began = stamp.at - 500
    expect(after('Raising', 'Raised', { step: 0, stepStartedAt: began }).countFrom).toBe(began + 2_000)
  })

  it('does not end while the Rollout is paused', () => {
    const paused = aState('Observing', { step: 0, stepStartedAt: START, wanted: aWanted({ paused: true }) })
    expect(transition(paused, RESULTS.Passed)).toMatchObject({
      phase: 'Observing',
      step: 0,
      stepStartedAt: START,
      countFrom: START + 50_000,
    })
  })
})

describe('observing', () => {
  it('goes on as a new action of the same step when it was long', () => {
    const renewed = after('Observing', 'Renewed', { step: 1, stepStartedAt: START, weightSeq: 9 })
    expect(renewed).toMatchObject({
      phase: 'Observing',
      seq: 11,
      step: 1,
      stepStartedAt: START,
      weightSeq: 9,
    })
    expect(renewed).toMatchObject({ evidence, countFrom: START + 50_000 })
  })
})

describe('the traces of a lost release', () => {
  it('are taken back without blaming the version', () => {
    expect(after('Preflight', 'Leftover')).toMatchObject({
      phase: 'Lowering',
      version: 'v2',
      ending: { result: 'Superseded', reason: 'WorkflowLost', failed: false },
    })
  })

  it('are retired when users have its version already', () => {
    const event = { ...RESULTS.Leftover, promoted: 'v2-template-1-2' } as ReleaseEvent
    const state = transition(aState('Preflight'), event)
    expect(state).toMatchObject({ phase: 'Retaining', id: 'v2-template-1-2', stable: V1, canary: V2 })
  })
})

describe('a Rollout that is being deleted', () => {
  const deleting = aWanted({ deleting: true })

  it.each<ResultEvent['type']>(['Cleared', 'Unneeded', 'Refused'])(
    'goes at once when preflight says %s: nothing is left to do',
    (type) => {
      expect(after('Preflight', type, { wanted: deleting }).phase).toBe('Forgetting')
    },
  )

  it('is forgotten after its release was cleaned up', () => {
    expect(after('Cleaning', 'Cleaned', { wanted: deleting }).phase).toBe('Forgetting')
    expect(after('Retiring', 'Retired', { wanted: deleting }).phase).toBe('Forgetting')
    expect(after('Forgetting', 'Forgotten', { wanted: deleting }).phase).toBe('Done')
  })
})

describe('the machine', () => {
  const phases = Object.keys({
    Preflight: 0,
    Refused: 0,
    Preparing: 0,
    Raising: 0,
    Probing: 0,
    Observing: 0,
    Promoting: 0,
    Retaining: 0,
    Retiring: 0,
    Lowering: 0,
    Cleaning: 0,
    Forgetting: 0,
    Done: 0,
  } satisfies Record<Phase, 0>) as Phase[]
  const results = fc.constantFrom(...Object.values(RESULTS))
  const wanted = fc
    .record({
      version: fc.constantFrom('v1', 'v2', 'v3'),
      templateHash: fc.constantFrom('', 'template-1', 'template-2'),
      paused: fc.boolean(),
      deleting: fc.boolean(),
    })
    .map((changes): ReleaseEvent => ({ type: 'Wanted', at: START, wanted: aWanted(changes) }))
  const events = fc.array(
    fc.record({ event: fc.oneof(results, wanted), lag: fc.constantFrom(0, 0, 0, 1, 5) }),
    { maxLength: 30 },
  )

  it('accepts every event in every state that it leads to, and its sequence never falls', () => {
    fc.assert(
      fc.property(events, (history) => {
        let state = initialState(ROLLOUT, aWanted(), START)
        for (const { event, lag } of history) state = heard(state, event, lag)
        expect(phases).toContain(state.phase)
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      }),
      cases(2_000),
    )
  })

  function heard(state: ReleaseState, event: ReleaseEvent, lag: number): ReleaseState {
    const next = transition(state, event.type === 'Wanted' ? event : { ...event, seq: state.seq - lag })
    if (event.type !== 'Wanted' && lag > 0) expect(next).toBe(state)
    expect(next.seq).toBeGreaterThanOrEqual(state.seq)
    if (next.phase !== state.phase) expect(next.seq).toBeGreaterThan(state.seq)
    expect(desiredWeight(next)).toBeGreaterThanOrEqual(0)
    return next
  }

  const pairs = phases.flatMap((phase) => Object.values(RESULTS).map((event) => [phase, event.type] as const))

  it.each(pairs)('in %s hands on what a newer version put into the state when %s comes', (phase, type) => {
    const state = { ...aState(phase), later: { field: 1 } }
    const next = transition(state, RESULTS[type])
    const isAnotherRelease = next.phase === 'Preflight' && next.startedAt !== state.startedAt
    const { later } = next as { readonly later?: unknown }
    expect(later).toEqual(isAnotherRelease ? undefined : { field: 1 })
  })

  it.each(pairs)('in %s ignores %s of an action that was overtaken', (phase, type) => {
    const state = aState(phase)
    expect(transition(state, { ...RESULTS[type], seq: 9 })).toBe(state)
  })
})

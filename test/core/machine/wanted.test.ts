import { describe, expect, it } from 'vitest'
import type { Phase, ReleaseState, Wanted } from '../../../src/core/machine/state.ts'
import { transition } from '../../../src/core/machine/transition.ts'
import { START, V1, V2, aPlan, aState, aWanted } from '../shop.ts'

const AT = START + 60_000

function told(state: ReleaseState, changes: Partial<Wanted>): ReleaseState {
  return transition(state, { type: 'Wanted', at: AT, wanted: aWanted(changes) })
}

const IN_MID_RELEASE: Phase[] = ['Preparing', 'Raising', 'Probing', 'Observing']
const ENDING: Phase[] = ['Lowering', 'Cleaning', 'Retiring', 'Forgetting']

describe('before anything was touched', () => {
  it.each<Phase>(['Preflight', 'Refused'])('in %s preflight looks again, with the new plan', (phase) => {
    const plan = aPlan({ generation: 2, steps: [{ weight: 100, holdMs: 0 }] })
    const next = told(aState(phase), { version: 'v3', templateHash: 'template-3', plan })
    expect(next).toMatchObject({
      phase: 'Preflight',
      seq: 11,
      version: 'v3',
      templateHash: 'template-3',
      plan,
    })
  })
})

describe.each(IN_MID_RELEASE)('in mid-release (%s)', (phase) => {
  it.each<[string, Partial<Wanted>, object]>([
    ['a third version', { version: 'v3' }, { result: 'Superseded', failed: false }],
    ['a new pod template', { templateHash: 'template-2' }, { result: 'Superseded', failed: false }],
    ['the stable version', { version: 'v1' }, { reason: 'ReturnedToStable', failed: false }],
    ['deletion', { deleting: true }, { reason: 'Deleted', failed: false }],
    ['another Rollout of that name', { uid: 'uid-new' }, { reason: 'Deleted', failed: false }],
  ])('%s takes weight at once', (_, changes, ending) => {
    expect(told(aState(phase), changes)).toMatchObject({ phase: 'Lowering', seq: 11, ending })
  })

  it.each<[string, Partial<Wanted>]>([
    ['the same once more', {}],
    ['a pause', { paused: true }],
    ['a new plan', { plan: aPlan({ generation: 2 }) }],
    ['a workload that is not there', { templateHash: '' }],
  ])('%s is only noted: the release runs with the spec that it began with', (_, changes) => {
    const state = aState(phase)
    const next = told(state, changes)
    expect(next).toEqual({ ...state, wanted: aWanted(changes) })
    expect(next.plan).toEqual(state.plan)
  })
})

describe('a wish that is older than the last', () => {
  it('of the same Rollout changes nothing, in no phase', () => {
    const known = aWanted({ version: 'v3', plan: aPlan({ generation: 3 }) })
    for (const phase of ['Refused', ...IN_MID_RELEASE, 'Done'] as const) {
      const state = aState(phase, { version: 'v3', wanted: known })
      expect(told(state, { plan: aPlan({ generation: 2 }) })).toBe(state)
    }
  })
})

describe('two controllers, of which one knows a part of the plan that the other does not', () => {
  const older = (changes: Partial<Wanted> = {}): Wanted => {
    const { capacity: _new, ...plan } = aPlan()
    return aWanted({ plan, ...changes })
  }
  const PHASES: Phase[] = [...IN_MID_RELEASE, 'Promoting', 'Retaining', ...ENDING]

  it.each(PHASES)('change nothing in %s, however often they tell', (phase) => {
    const state = aState(phase)
    expect(told(state, older())).toEqual(state)
    expect(told(told(state, older()), {})).toEqual(state)
  })

  it.each(PHASES)('are heard in %s as soon as one of them knows the other part', (phase) => {
    const state = aState(phase, { wanted: older() })
    expect(told(told(state, {}), older())).toEqual({ ...state, wanted: aWanted() })
  })

  it('make a refused release look again, with all that both know', () => {
    const next = told(aState('Refused'), older())
    expect(next).toMatchObject({ phase: 'Preflight', plan: aPlan(), wanted: aWanted() })
  })

  it('begin the next release with all that both know of its spec, and nothing of the one before', () => {
    const complete = aPlan({ generation: 2 })
    const { capacity: _new, ...plan } = complete
    const next = older({ version: 'v3', plan })
    expect(told(aState('Lowering'), next).wanted).toEqual(next)
    const both = told(told(aState('Lowering'), next), { ...next, plan: complete })
    expect(told(both, next).wanted.plan).toEqual(complete)
  })

  it('do not keep a pause or a deletion from being heard', () => {
    expect(told(aState('Observing'), older({ paused: true })).wanted.paused).toBe(true)
    expect(told(aState('Observing'), older({ deleting: true })).phase).toBe('Lowering')
  })
})

describe('while promoting', () => {
  it('a third version waits until the promotion is complete', () => {
    const state = told(aState('Promoting'), { version: 'v3' })
    expect(state).toMatchObject({ phase: 'Promoting', seq: 10 })
    const promoted = transition(state, { type: 'Promoted', seq: 10, at: AT })
    expect(promoted.phase).toBe('Retiring')
  })

  it.each<[string, Partial<Wanted>]>([
    ['the stable version', { version: 'v1' }],
    ['deletion', { deleting: true }],
  ])('%s takes it back', (_, changes) => {
    expect(told(aState('Promoting'), changes).phase).toBe('Lowering')
  })

  it('the way back is gone to its end, and deletion does not wait for its pods', () => {
    const back = aState('Promoting', { direct: 'Returned', stable: V2, canary: V1, version: 'v1' })
    expect(told(back, { version: 'v3' })).toMatchObject({ phase: 'Promoting', seq: 10 })
    expect(told(back, { version: 'v1', deleting: true }).phase).toBe('Forgetting')
  })

  it('the way back is itself taken back: what users have gets all traffic, with a sequence of its own', () => {
    const back = aState('Promoting', { direct: 'Returned', stable: V2, canary: V1, version: 'v1' })
    const again = { phase: 'Promoting', seq: 11, direct: 'Returned', version: 'v2', stable: V1, canary: V2 }
    expect(told(back, { version: 'v2' })).toMatchObject(again)
  })
})

describe('after a promotion', () => {
  const retaining = aState('Retaining', { step: 2 })

  it('the former stable version gets all traffic at once, without steps', () => {
    const back = told(retaining, { version: 'v1', templateHash: 'template-0' })
    expect(back).toMatchObject({
      phase: 'Promoting',
      direct: 'Returned',
      version: 'v1',
      templateHash: 'template-0',
      stable: V2,
      canary: V1,
      startedAt: AT,
    })
    const returned = transition(back, { type: 'Promoted', seq: back.seq, at: AT })
    expect(returned).toMatchObject({
      phase: 'Retaining',
      ended: { result: 'Returned', to: 'v1', from: 'v2' },
    })
  })

  it('a third version hurries the retirement on', () => {
    const retiring = told(retaining, { version: 'v3' })
    expect(retiring.phase).toBe('Retiring')
    const next = transition(retiring, { type: 'Retired', seq: retiring.seq, at: AT })
    expect(next).toMatchObject({ phase: 'Preflight', version: 'v3', step: -1 })
    expect(next).not.toHaveProperty('stable')
    expect(next.seq).toBeGreaterThan(retiring.seq)
  })

  it('the same version changes nothing', () => {
    expect(told(retaining, {})).toEqual(retaining)
  })
})

describe.each(ENDING)('in %s', (phase) => {
  it('everything is only noted, and looked at when the action ends', () => {
    const state = aState(phase)
    expect(told(state, { version: 'v3' })).toEqual({ ...state, wanted: aWanted({ version: 'v3' }) })
  })
})

describe('after a release was cleaned up', () => {
  const failed = { result: 'RolledBack', reason: 'MetricFailed', message: 'bad', failed: true } as const
  const cleaned = (wanted: Wanted) =>
    transition(aState('Cleaning', { ending: failed, wanted }), { type: 'Cleaned', seq: 10, at: AT })

  it.each<[string, Wanted, Phase]>([
    ['the version that failed is not begun again', aWanted(), 'Done'],
    ['it is not begun again while its workload is gone', aWanted({ templateHash: '' }), 'Done'],
    ['another template of it is', aWanted({ templateHash: 'template-2' }), 'Preflight'],
    ['another version is', aWanted({ version: 'v3' }), 'Preflight'],
    ['but not while the Rollout is paused', aWanted({ version: 'v3', paused: true }), 'Done'],
    ['nothing is when users have what is wanted', aWanted({ version: 'v1' }), 'Done'],
    ['the Rollout goes when it is deleted', aWanted({ deleting: true }), 'Forgetting'],
  ])('%s', (_, wanted, phase) => {
    expect(cleaned(wanted).phase).toBe(phase)
  })
})

describe('when all is done', () => {
  it('what is wanted next is begun, against the version that users have', () => {
    const promoted = aState('Done', { ended: { result: 'Promoted' } as never })
    expect(told(promoted, { version: 'v3' }).phase).toBe('Preflight')
    expect(told(promoted, { version: 'v2' })).toMatchObject({ phase: 'Done', seq: 11 })
    expect(told(aState('Done'), { version: 'v1' })).toMatchObject({ phase: 'Done', seq: 11 })
  })

  it('the same holds where there was no release at all', () => {
    const { stable: _stable, canary: _canary, ...unneeded } = aState('Done')
    expect(told(unneeded, { version: 'v3' })).toMatchObject({ phase: 'Preflight', version: 'v3' })
    expect(told(unneeded, { version: 'v2' })).toMatchObject({ phase: 'Done', seq: 11 })
  })
})

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Phase } from '../../src/core/machine/state.ts'
import { aPlan } from '../core/shop.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Held, untilStopped } from './kit/answers.ts'
import type { ActionName } from './kit/call.ts'
import type { Release } from './kit/release.ts'
import { Stage } from './kit/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open(inject('temporal'))
  await stage.work()
})

afterAll(async () => stage.close())

const refused = {
  type: 'Refused' as const,
  floor: 0,
  findings: [{ reason: 'CanaryNotFound', message: 'there is no v2' }],
}

describe('a Rollout that changes', () => {
  it('brings the next try of a refused release forward', async () => {
    const release = stage.release({ plan: QUICK })
    release.on('preflight', () => refused)
    await release.want()
    for (let tries = 1; tries < 4; tries++) {
      await release.reaches('Refused')
      await release.want()
      await release.called('preflight', tries + 1)
    }
    const [first, , , last] = release.callsOf('preflight')
    expect(last!.state.refusals).toBe(3)
    // By itself it would have waited for 5, 10 and 20 seconds: 35 in all.
    expect(last!.state.phaseAt - first!.state.phaseAt).toBeLessThan(30_000)
  })

  it('is released as it is when preflight passes, not as it was when it was refused', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('preflight', () => refused)
    await release.want()
    await release.reaches('Refused')
    const steps = [{ weight: 100, holdMs: 0 }]
    await release.want({ version: 'v3', templateHash: 'template-3', plan: { ...QUICK, steps } })
    await release.ended()
    expect(release.journal()).toEqual([
      'preflight v2',
      'preflight v3',
      'prepare v3',
      'raise v3 100',
      'observe v3 100',
      'promote v3',
      'retire v3',
    ])
  })

  it('starts nothing twice when two controllers tell of it at once', async () => {
    const release = stage.release({ plan: QUICK })
    await Promise.all([release.want(), release.want()])
    await release.ended()
    expect(release.callsOf('raise').map(({ state }) => state.step)).toEqual([0, 1, 2])
    expect(release.runs()).toHaveLength(1)
  })

  it('is told again without disturbing the step that is observed', async () => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once('observe', held.answer)
    await release.want()
    const { state } = await release.called('observe')
    await release.want()
    await release.want({ plan: { ...QUICK, generation: 2 } })
    expect((await release.state()).seq).toBe(state.seq)
    held.give({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' })
    expect((await release.ended()).ended?.result).toBe('RolledBack')
  })

  it('begins the new version in a new execution, against the same stable version and without old evidence', async () => {
    const release = stage.release({ plan: QUICK })
    release.on('observe', untilStopped)
    await release.want()
    await release.called('observe')
    await release.want({ version: 'v3', templateHash: 'template-3' })
    const { state } = await release.called('raise', 2)
    expect(state).toMatchObject({ version: 'v3', stable: { version: 'v1' }, step: 0 })
    expect(state.evidence).toBeUndefined()
    expect(state.seq).toBeGreaterThan(release.callsOf('clean')[0]!.state.seq)
    expect(release.runs()).toHaveLength(2)
  })
})

/** How a release comes to a phase and stays there; deletion then leads to these actions. */
const PHASES: readonly {
  phase: Phase
  holds?: ActionName
  prepare?: (release: Release) => void
  leads: readonly string[]
}[] = [
  { phase: 'Preparing', holds: 'prepare', leads: ['lower', 'clean', 'forget'] },
  { phase: 'Raising', holds: 'raise', leads: ['lower', 'clean', 'forget'] },
  { phase: 'Observing', holds: 'observe', leads: ['lower', 'clean', 'forget'] },
  { phase: 'Promoting', holds: 'promote', leads: ['lower', 'clean', 'forget'] },
  { phase: 'Retaining', leads: ['retire', 'forget'] },
]

describe('a Rollout that is deleted', () => {
  it.for(PHASES)('while it is $phase leaves nothing behind', async ({ phase, holds, leads }) => {
    const release = stage.release({ plan: aPlan({ retireAfterMs: 600_000 }) })
    if (holds) release.on(holds, untilStopped)
    await release.want()
    if (holds) await release.called(holds)
    await release.reaches(phase)
    const before = release.calls.length
    await release.want({ deleting: true })
    expect((await release.ended()).phase).toBe('Done')
    expect(release.calls.slice(before).map(({ action }) => action)).toEqual(leads)
  })

  it.for<[Phase, ActionName, readonly string[]]>([
    ['Lowering', 'lower', ['clean', 'forget']],
    ['Cleaning', 'clean', ['forget']],
    ['Retiring', 'retire', ['forget']],
  ])('while it is %s ends what it does, then goes', async ([phase, holds, leads]) => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once(holds, held.answer)
    if (phase !== 'Retiring')
      release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
    await release.want()
    await release.called(holds)
    const before = release.calls.length
    await release.want({ deleting: true })
    held.give({ type: phase === 'Lowering' ? 'Lowered' : phase === 'Cleaning' ? 'Cleaned' : 'Retired' })
    expect((await release.ended()).phase).toBe('Done')
    expect(release.calls.slice(before).map(({ action }) => action)).toEqual(leads)
  })

  it.for<Phase>(['Preflight', 'Refused'])('while it is %s is not released any more', async (phase) => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once('preflight', phase === 'Refused' ? () => refused : held.answer)
    await release.want()
    await release.called('preflight')
    await release.reaches(phase)
    await release.want({ deleting: true })
    expect((await release.ended()).phase).toBe('Done')
    expect(release.calls.map(({ action }) => action)).toEqual(['preflight', 'preflight', 'forget'])
  })

  it('goes even if preflight finds fault with what is left of its objects', async () => {
    const release = stage.release({ plan: QUICK, deleting: true })
    release.on('preflight', () => refused)
    await release.want()
    expect((await release.ended()).phase).toBe('Done')
    expect(release.calls.map(({ action }) => action)).toEqual(['preflight', 'forget'])
  })
})

describe('a Rollout that is deleted and made anew', () => {
  const anew = (release: Release) => ({ uid: `${release.rollout.uid}-anew`, deleting: false })
  const uidsOf = (release: Release, action: ActionName) =>
    release.callsOf(action).map(({ state }) => state.rollout.uid)

  it('while its release was refused is released under its own name', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('preflight', () => refused)
    await release.want()
    await release.reaches('Refused')
    await release.want(anew(release))
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(new Set(uidsOf(release, 'raise'))).toEqual(new Set([release.wanted.uid]))
  })

  it('while its canary had weight takes that back first', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('observe', untilStopped)
    await release.want()
    await release.called('observe')
    await release.want(anew(release))
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(uidsOf(release, 'lower')).toEqual([release.rollout.uid])
    expect(uidsOf(release, 'raise').slice(-3)).toEqual(Array(3).fill(release.wanted.uid))
  })

  it('while the last traces are taken away is not forgotten with the old one', async () => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once('observe', untilStopped)
    release.once('forget', held.answer)
    await release.want()
    await release.called('observe')
    await release.want({ deleting: true })
    await release.called('forget')
    await release.want(anew(release))
    held.give({ type: 'Forgotten' })
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(uidsOf(release, 'retire')).toEqual([release.wanted.uid])
  })

  it('while the way back was open retires the old version, then does what it wants', async () => {
    const release = stage.release({ plan: aPlan({ retireAfterMs: 600_000 }) })
    await release.want()
    await release.reaches('Retaining')
    await release.want({ ...anew(release), version: 'v3', templateHash: 'template-3', plan: QUICK })
    expect((await release.ended()).ended).toMatchObject({ to: 'v3', result: 'Promoted' })
    expect(uidsOf(release, 'retire')).toEqual([release.rollout.uid, release.wanted.uid])
  })

  it('is released although the old one failed with the same version', async () => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
    release.once('clean', held.answer)
    await release.want()
    await release.called('clean')
    await release.want(anew(release))
    held.give({ type: 'Cleaned' })
    expect((await release.ended()).ended?.result).toBe('Promoted')
  })
})

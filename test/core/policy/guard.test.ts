import { describe, expect, it } from 'vitest'
import { alarmOf } from '../../../src/core/policy/guard.ts'
import type { GuardView } from '../../../src/core/policy/guard.ts'
import { aVirtualService } from '../shop.ts'

const RELEASE = { version: 'v2', templateHash: 'a', seq: 10 }
const WELL: GuardView = {
  route: undefined,
  subsetMissing: false,
  pods: { total: 2, ready: 2, crashing: 0 },
  stable: { total: 4, ready: 4, crashing: 0 },
  templateHash: 'a',
  statusSeq: 10,
}
const DOWN = { total: 2, ready: 0, crashing: 0 }

/** What is wrong, in the order of what matters most. */
const ROWS: readonly (readonly [string, Partial<GuardView>, string | undefined])[] = [
  ['a later action wrote the route', { route: { kind: 'Overtaken' } }, 'Overtaken'],
  ['a later action wrote the status', { statusSeq: 12 }, 'Overtaken'],
  ['the route is gone', { route: { kind: 'Gone' } }, 'TrafficGone'],
  ['the pod template changed', { templateHash: 'b' }, 'TemplateChanged'],
  ['a subset is missing', { subsetMissing: true }, 'SubsetMissing'],
  ['no pod of stable is ready', { stable: DOWN }, 'StableLost'],
  ['no pod of either version is ready', { stable: DOWN, pods: DOWN }, 'CanaryLost'],
  ['no pod is ready and one crashes', { pods: { ...DOWN, crashing: 1 } }, 'CanaryCrashed'],
  ['no pod is ready', { pods: DOWN }, 'CanaryLost'],
  ['an attempt of ours marked the release as over', { route: { kind: 'Halted' } }, 'Overtaken'],
  ['a stranger moved the weights', { route: { kind: 'Drifted', message: 'moved' } }, 'Drifted'],
  [
    'a stranger took the mark',
    { route: { kind: 'Stripped', message: 'gone', by: aVirtualService() } },
    'Drifted',
  ],
  ['nothing is wrong', {}, undefined],
  [
    'the route is an older copy',
    { route: { kind: 'Old', message: 'older', by: aVirtualService() } },
    'Drifted',
  ],
  ['the end of this action was written, and cut off', { statusSeq: 11 }, undefined],
  ['the workload is gone', { templateHash: '' }, undefined],
  ['a pod crashes while others are ready', { pods: { total: 2, ready: 1, crashing: 1 } }, undefined],
]

describe('the guard of a canary that answers for all', () => {
  const standIn = { ...RELEASE, stable: { version: 'v1' }, stableLost: true } as const

  it.each<[string, Partial<GuardView>, string | undefined]>([
    ['waits while stable has no pod', { stable: DOWN }, undefined],
    ['tells when a pod of stable is ready again', {}, 'StableBack'],
    ['tells when the canary has none either', { stable: DOWN, pods: DOWN }, 'CanaryLost'],
    ['keeps its weight', { stable: DOWN, route: { kind: 'Drifted', message: 'moved' } }, 'Drifted'],
  ])('%s', (_, view, kind) => {
    expect(alarmOf({ ...WELL, ...view }, standIn)?.kind).toBe(kind)
  })
})

describe('the guard', () => {
  it.each(ROWS)('when %s', (_, view, kind) => {
    expect(alarmOf({ ...WELL, ...view }, RELEASE)?.kind).toBe(kind)
  })

  it('asks in order: what ends the release without us, what ends it, what interrupts it', () => {
    const everything = { ...WELL, statusSeq: 12, templateHash: 'b', subsetMissing: true, pods: DOWN }
    const kinds = [
      { ...everything, route: { kind: 'Gone' } },
      { ...everything, statusSeq: 10, route: { kind: 'Gone' } },
      { ...everything, statusSeq: 10 },
      { ...everything, statusSeq: 10, templateHash: 'a' },
      { ...WELL, pods: { ...DOWN, crashing: 2 }, route: { kind: 'Drifted', message: 'moved' } },
      { ...WELL, route: { kind: 'Drifted', message: 'moved' } },
    ].map((view) => alarmOf(view as GuardView, RELEASE)?.kind)
    expect(kinds).toEqual([
      'Overtaken',
      'TrafficGone',
      'TemplateChanged',
      'CanaryLost',
      'CanaryCrashed',
      'Drifted',
    ])
  })

  it('says what it saw', () => {
    expect(alarmOf({ ...WELL, templateHash: 'b' }, RELEASE)).toEqual({
      kind: 'TemplateChanged',
      templateHash: 'b',
    })
    expect(alarmOf({ ...WELL, pods: { total: 3, ready: 0, crashing: 2 } }, RELEASE)).toMatchObject({
      message: 'no pod of v2 is ready; 2 of 3 crash',
    })
    expect(alarmOf({ ...WELL, stable: DOWN }, { ...RELEASE, stable: { version: 'v1' } })).toMatchObject({
      message: 'no pod of v1 is ready; v2, of which 2 are, has all traffic until one is',
    })
  })

  it('does not take a release without a template for changed', () => {
    expect(alarmOf(WELL, { ...RELEASE, templateHash: '' })).toBeUndefined()
  })
})

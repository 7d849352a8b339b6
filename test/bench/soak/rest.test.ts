import { describe, expect, it } from 'vitest'
import { excusedCount, unexcused } from '../../../bench/soak/checks/errors.ts'
import { restProblems } from '../../../bench/soak/checks/rest.ts'
import type { Rest } from '../../../bench/soak/checks/rest.ts'
import type { ShownRollout } from '../../../sandbox/kit/shop.ts'
import type { DestinationRule, VirtualService } from '../../../src/core/traffic/types.ts'
import { aMark, aRoute, aRule } from './record.ts'

const OVER = aMark({ canary: undefined })
const ENDING = { users: ['v1'], standings: ['Stalled/RolledBack'], failures: ['MetricFailed'] }

function aRest(changes: Partial<Rest> = {}): Rest {
  return {
    rollout: rollout('RolledBack', 'MetricFailed'),
    routes: [aRoute({ v1: 100 }, OVER) as VirtualService],
    rule: aRule(['v1'], OVER) as DestinationRule,
    readyPods: { v1: 2 },
    autoscalers: [{ annotations: {} }],
    ...changes,
  }
}

function rollout(reason: string, failed: string, finalizers: string[] = []): ShownRollout {
  const condition = { type: 'Stalled', status: 'True' as const, reason, message: '', lastTransitionTime: '' }
  const lastFailed = { version: 'v2', templateHash: '', reason: failed, message: '', at: '' }
  return { metadata: { finalizers }, spec: {}, status: { conditions: [condition], lastFailed } }
}

describe('a namespace whose release is over', () => {
  it('that is as it should be has no problems', () => {
    expect(restProblems(aRest(), ENDING)).toEqual([])
  })

  it.each<[string, Partial<Rest>, RegExp]>([
    ['another reason', { rollout: rollout('Invalid', 'MetricFailed') }, /is Stalled\/Invalid/],
    ['an unfit failure', { rollout: rollout('RolledBack', 'Halted') }, /failed for Halted, not MetricFailed/],
    ['a finalizer', { rollout: rollout('RolledBack', 'MetricFailed', ['sluice.dev/release']) }, /finalizer/],
    [
      'a divided route',
      { routes: [aRoute({ v1: 50, v2: 50 }) as VirtualService] },
      /leads to v1 50 %, nobody 50 %/,
    ],
    [
      'the wrong users',
      {
        routes: [aRoute({ v2: 100 }) as VirtualService],
        rule: aRule(['v2']) as DestinationRule,
        readyPods: { v2: 1 },
      },
      /not to v1/,
    ],
    ['no ready pod', { readyPods: {} }, /v1, which has no ready pod/],
    [
      'a mark with a canary',
      { rule: aRule(['v1'], aMark()) as DestinationRule },
      /still names the canary v2/,
    ],
    ['an unused subset', { rule: aRule(['v1', 'v2'], OVER) as DestinationRule }, /nobody uses subset v2/],
    [
      'a held floor',
      { autoscalers: [{ annotations: { 'sluice.dev/held': '{}' } }] },
      /a floor is still held/,
    ],
  ])('with %s has a problem', (_, changes, text) => {
    expect(restProblems(aRest(changes), ENDING)).toMatchObject([text])
  })
})

describe('errors of requests', () => {
  const sample = { at: '', atMs: 0, headers: {}, body: 'no healthy upstream' }
  const foreign = {
    origin: 'mesh' as const,
    version: null,
    status: 503,
    code: null,
    count: 5,
    first: sample,
    last: sample,
    seconds: { 100: 2, 110: 3 },
  }

  it('are held against Sluice where nothing else explains them', () => {
    expect(unexcused('shop', { foreign: [foreign] }, [])).toMatchObject([
      /^5 x mesh 503 .*no healthy upstream/,
    ])
    const elsewhere = { namespace: 'other', why: 'kill', from: 99_000, to: 111_000 }
    expect(unexcused('shop', { foreign: [foreign] }, [elsewhere])).toHaveLength(1)
  })

  it('are excused while something was away, and a moment longer', () => {
    const excuse = { why: 'kill', from: 99_000, to: 100_500 }
    expect(unexcused('shop', { foreign: [foreign] }, [excuse])).toMatchObject([/^3 x mesh 503/])
    expect(unexcused('shop', { foreign: [foreign] }, [{ ...excuse, to: 107_000 }])).toEqual([])
    expect(excusedCount({ foreign: [foreign] })).toBe(5)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FINDING_REASONS } from '../../../src/api/v1alpha1/conditions.ts'
import { preflight } from '../../../src/core/policy/preflight.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import { cases } from '../property.ts'
import { aDestinationRule, aPlan, aSubset, aVirtualService, to } from '../shop.ts'
import { aScene, anOlderRollout } from './scene.ts'

const P99 = { name: 'p99', istio: 'Latency', percentile: 99, max: '400ms' } as const
const TWO_P99 = [P99, { ...P99, name: 'p99-again' }]

function reasons(changes: Partial<Scene>): string[] {
  const clearance = preflight(aScene(changes))
  return clearance.kind === 'Refused' ? clearance.findings.map(({ reason }) => reason) : [clearance.kind]
}

/** Everything that is wrong with the route, in objects that are there and fit. */
const BAD_ROUTE: Partial<Scene> = {
  rollouts: [anOlderRollout],
  virtualServices: [
    aVirtualService([to(undefined, 50), to('v0', 25), to('v9', 25)], {
      fault: {},
      delegate: { name: 'x' },
    }),
  ],
  destinationRule: aDestinationRule([
    aSubset('v9', { labels: { track: 'x' } }),
    { name: subsetName('v2'), labels: { track: 'y' } },
  ]),
}
const BAD_PODS = { readyPods: {}, versions: [] }

describe('preflight asks in order', () => {
  it.each<[string, Partial<Scene>, string[]]>([
    [
      'the objects that the spec names',
      { ...BAD_PODS, service: undefined, virtualServices: [undefined], destinationRule: undefined },
      ['ServiceNotFound', 'VirtualServiceNotFound', 'DestinationRuleNotFound'],
    ],
    [
      'whether they belong together',
      {
        plan: aPlan({ virtualServices: [{ name: 'reviews', routes: ['main'] }] }),
        destinationRule: aDestinationRule([], 'ratings'),
      },
      ['RouteNotFound', 'DestinationRuleForAnotherHost'],
    ],
    [
      'the route',
      { ...BAD_PODS, ...BAD_ROUTE },
      [
        'RouteOwned',
        'RouteUnsupported',
        'RouteWithoutSubset',
        'SubsetNotFound',
        'SubsetWithoutVersion',
        'SubsetNameTaken',
      ],
    ],
    ['who is stable', { ...BAD_PODS, status: { stableVersion: 'v0' } }, ['StableUnknown']],
    ['the pods', BAD_PODS, ['StableNotReady', 'CanaryNotFound']],
    [
      'pods and metrics at once',
      { ...BAD_PODS, metrics: { scraped: false, boundariesMs: [] } },
      ['StableNotReady', 'CanaryNotFound', 'MetricsMissing'],
    ],
    [
      'each limit of latency',
      { plan: aPlan({ metrics: TWO_P99 }), metrics: { scraped: true, boundariesMs: [] } },
      ['BoundaryMissing', 'BoundaryMissing'],
    ],
  ])('%s', (_, scene, expected) => {
    expect(reasons(scene)).toEqual(expected)
  })

  it('no more of Prometheus than whether it answers, when it does not', () => {
    const metrics = { problem: 'ECONNREFUSED', scraped: false, boundariesMs: [] }
    expect(reasons({ plan: aPlan({ metrics: [P99] }), metrics })).toEqual(['PrometheusUnreachable'])
  })

  it('nothing of metrics when a version is adopted without steps', () => {
    const metrics = { problem: 'ECONNREFUSED', scraped: false, boundariesMs: [] }
    expect(reasons({ readyPods: { v2: 1 }, metrics })).toEqual(['Cleared'])
  })

  it('for documented reasons only, whatever the scene', () => {
    const some = fc.record(arbitraries(), { requiredKeys: [] })
    fc.assert(
      fc.property(some, (changes) => {
        const known = [...Object.keys(FINDING_REASONS), 'Cleared', 'Unneeded', 'Leftover']
        for (const reason of reasons(changes)) expect(known).toContain(reason)
      }),
      cases(500),
    )
  })
})

function arbitraries() {
  return {
    service: fc.constant(undefined),
    virtualServices: fc.constantFrom(
      [undefined],
      BAD_ROUTE.virtualServices ?? [],
      [aVirtualService([to('v1', 50), to('v2', 50)])],
      [aVirtualService([to('v2')])],
    ),
    destinationRule: fc.constantFrom(undefined, BAD_ROUTE.destinationRule, aDestinationRule([], 'ratings')),
    rollouts: fc.constant([anOlderRollout]),
    readyPods: fc.constantFrom({}, { v2: 1 }),
    versions: fc.constant([]),
    status: fc.constant({ stableVersion: 'v0' }),
    plan: fc.constantFrom(
      aPlan({ virtualServices: [{ name: 'reviews', routes: ['main'] }] }),
      aPlan({ metrics: [P99] }),
    ),
    metrics: fc.constantFrom(
      { scraped: false, boundariesMs: [] },
      { problem: 'x', scraped: false, boundariesMs: [] },
    ),
  }
}

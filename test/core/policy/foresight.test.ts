import { describe, expect, it } from 'vitest'
import { foresee } from '../../../src/core/policy/foresight.ts'
import type { Gaps } from '../../../src/core/policy/foresight.ts'
import { preflight } from '../../../src/core/policy/preflight.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import { aDestinationRule, aPlan, aSubset, aVirtualService, to } from '../shop.ts'
import { aScene } from './scene.ts'

const NONE: Gaps = {
  service: false,
  virtualServices: [],
  destinationRule: false,
  workloads: false,
  pods: false,
  metrics: false,
}
const TWO = { virtualServices: [{ name: 'reviews', routes: ['primary'] }, { name: 'edge' }] }
const LATENCY = { name: 'p99', istio: 'Latency', percentile: 99, max: '400ms' } as const

function reasons(scene: Partial<Scene>, gaps: Partial<Gaps>): string[] {
  return foresee(aScene(scene), { ...NONE, ...gaps }).findings.map(({ reason }) => reason)
}

describe('foresight', () => {
  it('is preflight where all is known', () => {
    for (const scene of [aScene(), aScene({ service: undefined }), aScene({ readyPods: {} })])
      expect(foresee(scene, NONE).clearance).toEqual(preflight(scene))
  })

  it.each<[what: string, scene: Partial<Scene>, gaps: Partial<Gaps>]>([
    ['a Service', { service: undefined }, { service: true }],
    [
      'a VirtualService',
      { virtualServices: [aVirtualService(), undefined], plan: aPlan(TWO) },
      { virtualServices: [1] },
    ],
    ['a DestinationRule', { destinationRule: undefined }, { destinationRule: true }],
    ['workloads', { versions: ['v1'] }, { workloads: true }],
    ['pods', { readyPods: {} }, { pods: true }],
    [
      'metrics',
      { metrics: { scraped: false, boundariesMs: [] }, plan: aPlan({ metrics: [LATENCY] }) },
      { metrics: true },
    ],
    [
      'anything',
      { service: undefined, virtualServices: [undefined], destinationRule: undefined, readyPods: {} },
      { service: true, virtualServices: [0], destinationRule: true, pods: true },
    ],
  ])('judges not what is unknown: %s', (_what, scene, gaps) => {
    expect(reasons(scene, {})).not.toEqual([])
    expect(reasons(scene, gaps)).toEqual([])
  })

  it('judges what is known beside what is not', () => {
    expect(
      reasons(
        { virtualServices: [undefined, undefined], plan: aPlan(TWO), destinationRule: undefined },
        { virtualServices: [1], destinationRule: true },
      ),
    ).toEqual(['VirtualServiceNotFound'])
    const open = { virtualServices: [aVirtualService([to(undefined)])] }
    expect(reasons({ ...open, destinationRule: undefined }, { destinationRule: true })).toEqual([
      'RouteWithoutSubset',
    ])
    expect(reasons({ service: undefined, ...open }, { service: true })).toEqual(['RouteWithoutSubset'])
  })

  it('takes the subset of the canary for what it is, when no DestinationRule tells', () => {
    const virtualServices = [aVirtualService([to(subsetName('v2'), 100)])]
    expect(reasons({ virtualServices, destinationRule: undefined }, { destinationRule: true })).toEqual([])
  })

  it('clears a release whose pods nobody knows, with all its steps', () => {
    const scene = aScene({ readyPods: {}, versions: [], destinationRule: aDestinationRule([aSubset('v1')]) })
    expect(foresee(scene, { ...NONE, pods: true, workloads: true }).clearance).toMatchObject({
      kind: 'Cleared',
      stable: { version: 'v1' },
      canary: { version: 'v2', subset: subsetName('v2') },
      adopt: false,
    })
  })
})

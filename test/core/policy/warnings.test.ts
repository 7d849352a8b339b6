import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../src/core/plan.ts'
import { gitWarnings, planWarnings, toolWarnings } from '../../../src/core/policy/warnings.ts'
import type { MeshObject, VirtualService } from '../../../src/core/traffic/types.ts'
import { ROLLOUT, aDestinationRule, aPlan, aVirtualService, to } from '../shop.ts'

const steps = (...list: readonly (readonly [weight: number, holdMs: number])[]) => ({
  steps: list.map(([weight, holdMs]) => ({ weight, holdMs })),
})
const latency = (max: string) => ({
  metrics: [{ name: 'p99', istio: 'Latency' as const, percentile: 99, max }],
})

describe('a plan is warned of', () => {
  it.each<[what: string, changes: Partial<Plan>, warning: string]>([
    [
      'a first step that is most of the traffic',
      steps([51, 60_000], [100, 60_000]),
      'spec.steps[0].weight: 51 % of all requests go to a version that nobody has tried; begin with less, such as 5',
    ],
    [
      'a leap',
      steps([5, 60_000], [100, 60_000]),
      'spec.steps[1].weight: goes from 5 to 100 % at once; a step between them shows harm to fewer users',
    ],
    [
      'a hold that the warm-up fills',
      { ...steps([50, 30_000], [60, 60_000], [100, 10_000]), warmupMs: 30_000 },
      'spec.steps[0].hold: 30s is not longer than analysis.warmup (30s): no request of it counts, so the step lasts longer; so it is of steps[2]',
    ],
    [
      'a hold without a look',
      { ...steps([50, 10_000], [100, 60_000]), warmupMs: 5_000, intervalMs: 15_000 },
      'spec.steps[0].hold: 10s is shorter than analysis.interval (15s): nobody looks before it is over, so the step lasts longer',
    ],
    [
      'a deadline that pods can hardly meet',
      { progressDeadlineMs: 20_000 },
      'spec.progressDeadline: 20s is short for pods that are scheduled, pulled and started; a release whose pods are late is taken back',
    ],
    [
      'a limit between two boundaries',
      latency('400ms'),
      "spec.analysis.metrics[0].max: 400ms is no boundary of Istio's usual latency histogram, and between two nobody can tell; nearest: 250ms, 500ms",
    ],
  ])('%s', (_what, changes, warning) => {
    const usual = steps([5, 60_000], [50, 60_000], [100, 60_000])
    expect(planWarnings(aPlan({ ...usual, ...changes }))).toEqual([warning])
  })

  it.each<[what: string, changes: Partial<Plan>]>([
    ['the default steps', steps([5, 300_000], [20, 300_000], [50, 300_000], [100, 300_000])],
    ['half of the traffic at once', steps([50, 60_000], [100, 60_000])],
    ['a hold of nothing, where evidence alone decides', steps([50, 0], [100, 0])],
    ['a limit on a boundary', { ...latency('2500ms'), ...steps([50, 60_000], [100, 60_000]) }],
  ])('nothing for %s', (_what, changes) => {
    expect(planWarnings(aPlan({ intervalMs: 15_000, warmupMs: 30_000, ...changes }))).toEqual([])
  })
})

describe('weights in Git', () => {
  const warned = (object: VirtualService | undefined) => gitWarnings(aPlan(), ROLLOUT, [object])
  const withFlux = (how: string) => {
    const object = aVirtualService([to('v1', 100)])
    const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': how }
    return { ...object, metadata: { ...object.metadata, annotations } }
  }

  it('are warned of, with the page that tells the remedy', () => {
    expect(warned(aVirtualService([to('v1', 100)]))).toEqual([
      'spec.traffic.existing.virtualServices[0]: VirtualService shop/reviews has weights in these files, which Sluice moves and a GitOps tool puts back; docs/guides/gitops.md tells how to keep it off',
    ])
    expect(warned(withFlux('Merge'))).toHaveLength(1)
  })

  it.each([
    ['where there are none', aVirtualService([to('v1')])],
    ['where they are of another host', aVirtualService([to('v1'), to('x', 100, 'images')])],
    ['where Flux leaves the object alone', withFlux('IfNotPresent')],
    ['of objects that are not in the files', undefined],
  ])('are not %s', (_where, object) => {
    expect(warned(object)).toEqual([])
  })
})

describe('a tool that wrote what Sluice writes', () => {
  const by = <T extends MeshObject>(object: T, manager: string, field: string): T => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: [{ manager, fieldsV1: { 'f:spec': { [`f:${field}`]: {} } } }],
    },
  })

  it('is named, with the page that tells the remedy', () => {
    const virtualServices = [undefined, by(aVirtualService(), 'kustomize-controller', 'http')]
    const destinationRule = by(aDestinationRule(), 'argocd-controller', 'subsets')
    expect(toolWarnings({ virtualServices, destinationRule })).toEqual([
      'spec.traffic.existing.virtualServices[1]: kustomize-controller wrote the weights of VirtualService shop/reviews and may undo what a release writes; docs/guides/gitops.md tells how to keep it off',
      'spec.traffic.existing.destinationRule: argocd-controller wrote the subsets of DestinationRule shop/reviews and may undo what a release writes; docs/guides/gitops.md tells how to keep it off',
    ])
  })

  it('is not named when it wrote other fields, and people are not', () => {
    const virtualServices = [by(aVirtualService(), 'kustomize-controller', 'hosts')]
    const destinationRule = by(aDestinationRule(), 'kubectl', 'subsets')
    expect(toolWarnings({ virtualServices, destinationRule })).toEqual([])
  })
})

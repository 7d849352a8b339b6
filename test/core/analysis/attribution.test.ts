import { describe, expect, it } from 'vitest'
import { attributed, attributionOf } from '../../../src/core/analysis/attribution.ts'
import { errorCounts } from '../../../src/core/analysis/istio.ts'

const QUALIFIED = 'app.kubernetes.io/version'

function workload(name: string, podLabels: Record<string, string>) {
  return { name, podLabels: { app: 'reviews', ...podLabels } }
}

/** A counter that rises from 0 to a count within a window from 0 to 10. */
function series(labels: { version?: string; workload?: string; code?: string }, count: number) {
  const { version = '', ...others } = labels
  return {
    instance: 'gateway',
    version,
    ...others,
    samples: [
      [1, 0],
      [9, count],
    ] as const,
  }
}

const WINDOW = { fromMs: 0, toMs: 10, startedMs: 0 }

describe('requests', () => {
  it.each([
    ['the version label is the one that Istio reads', 'version', {}],
    ['pods have no other version', 'version', { [QUALIFIED]: 'v1' }],
  ])('are told apart by destination_version when %s', (_, label, also) => {
    expect(attributionOf(label, [workload('reviews-v1', { version: 'v1', ...also })])).toBeUndefined()
  })

  it.each([
    ['the version label is another', 'release', { release: 'v1', version: 'stable' }],
    ['newer proxies would report another label', 'version', { version: 'v1', [QUALIFIED]: '1.2.3' }],
    ['older proxies do not read the label', QUALIFIED, { [QUALIFIED]: 'v1' }],
  ])('are told apart by their workload when %s', (_, label, podLabels) => {
    expect(attributionOf(label, [workload('reviews-v1', podLabels)])).toEqual({ 'reviews-v1': 'v1' })
  })

  it('of a workload count for its version, whatever destination_version says', () => {
    const attribution = attributionOf('release', [
      workload('reviews-a', { release: 'v1' }),
      workload('reviews-b', { release: 'v2' }),
    ])
    const all = [
      series({ workload: 'reviews-a', version: 'v2', code: '200' }, 70),
      series({ workload: 'reviews-b', version: 'v1', code: '200' }, 20),
      series({ workload: 'reviews-b', version: 'v1', code: '503' }, 5),
    ]
    expect(errorCounts(attributed(all, attribution), 'v2', WINDOW)).toEqual({ total: 25, bad: 5 })
  })

  it('of workloads that nobody knows, or whose name is that of two versions, are nobody’s', () => {
    const attribution = attributionOf('release', [
      workload('twin', { release: 'v1' }),
      workload('twin', { release: 'v2' }),
    ])
    const all = [series({ workload: 'twin', version: 'v2' }, 5), series({ version: 'v2' }, 5)]
    expect(attributed(all, attribution).map(({ version }) => version)).toEqual(['', ''])
  })

  it('stay as they are where nothing else is asked for', () => {
    const all = [series({ workload: 'reviews-b', version: 'v2' }, 5)]
    expect(attributed(all, undefined)).toBe(all)
  })
})

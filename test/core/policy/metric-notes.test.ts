import { describe, expect, it } from 'vitest'
import { preflight } from '../../../src/core/policy/preflight.ts'
import { metricNotes } from '../../../src/core/policy/readiness.ts'
import { aPlan } from '../shop.ts'
import { aScene } from './scene.ts'

const LATENCY = { name: 'p99', istio: 'Latency', percentile: 99, max: '400ms' } as const

describe('what Prometheus has that is coarser than what was asked for', () => {
  const native = { scraped: true, boundariesMs: [8, 16], growth: 2 }

  it('is a native histogram without a boundary at the limit, which is held at the one below', () => {
    const scene = aScene({ plan: aPlan({ metrics: [LATENCY] }), metrics: native })
    expect(preflight(scene).kind).toBe('Cleared')
    expect(metricNotes(scene)).toEqual([
      'spec.analysis.metrics[0].max: the native histogram has no boundary at 400ms; it is held at 256ms, the nearest one below, so that it is never laxer',
    ])
  })

  it.each([
    ['has a boundary there', { ...LATENCY, max: '512ms' }, native],
    ['counted something up to there', LATENCY, { ...native, boundariesMs: [400] }],
    ['is a classic one', LATENCY, { scraped: true, boundariesMs: [400] }],
  ])('is no histogram that %s', (_, metric, metrics) => {
    const scene = aScene({ plan: aPlan({ metrics: [metric] }), metrics })
    expect(preflight(scene).kind).toBe('Cleared')
    expect(metricNotes(scene)).toEqual([])
  })

  it('is refused as a measure where its buckets are too wide for the limit', () => {
    const metrics = { scraped: true, boundariesMs: [1, 16, 256, 4096], growth: 16 }
    const clearance = preflight(aScene({ plan: aPlan({ metrics: [LATENCY] }), metrics }))
    expect(clearance).toMatchObject({
      kind: 'Refused',
      findings: [
        {
          reason: 'BoundaryMissing',
          message: expect.stringContaining('allowed: 1ms, 16ms, 256ms, 4096ms') as string,
        },
      ],
    })
  })

  it('is the time between two scrapes, where it is longer than the interval', () => {
    const metrics = { scraped: true, boundariesMs: [], scrapeMs: 60_200 }
    const [note, ...others] = metricNotes(aScene({ plan: aPlan({ intervalMs: 15_000 }), metrics }))
    expect(note).toContain('spec.analysis.interval: 15s is shorter than the time between two scrapes')
    expect(note).toContain('which is 1m: a look brings something new every 1m only')
    expect(others).toEqual([])
    expect(metricNotes(aScene({ plan: aPlan({ intervalMs: 60_000 }), metrics }))).toEqual([])
  })
})

it('pods whose metrics name no version are told how to be labelled', () => {
  const metrics = { scraped: true, versions: [], boundariesMs: [] }
  expect(preflight(aScene({ metrics }))).toMatchObject({
    findings: [
      {
        message: expect.stringContaining(
          'label the pods in the template of each workload (spec.template.metadata.labels: version: v1), which starts them anew',
        ) as string,
      },
    ],
  })
})

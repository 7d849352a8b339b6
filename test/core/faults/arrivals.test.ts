import { describe, expect, it } from 'vitest'
import { arrivalQueries, arrivalsIn } from '../../../src/core/faults/arrivals.ts'
import type { Sample } from '../../../src/core/analysis/counters.ts'

const at = (seconds: number) => seconds * 1000
const series = (instance: string, ...samples: Sample[]) => ({ instance, version: 'reviews-v2', samples })
/** The fault was injected at 100 s. */
const window = { fromMs: at(100), toMs: at(130), startedMs: at(100) }

describe('the question who met a fault', () => {
  it('names the callers of a namespace, and both flags', () => {
    const { total, bad, versionLabel } = arrivalQueries({ namespace: 'shop', workloads: ['a', 'b'] })
    expect(total).toBe(
      'istio_requests_total{reporter="source",source_workload_namespace="shop",source_workload=~"a|b",response_flags=~"(.*,)?(FI|DI)(,.*)?"}',
    )
    expect(bad).toBe(total)
    expect(versionLabel).toBe('source_workload')
  })

  it.each([
    ['reviews.v2', String.raw`"reviews\\.v2"`],
    ['a+b(c)|d', String.raw`"a\\+b\\(c\\)\\|d"`],
  ])('takes the name %s for no pattern', (name, quoted) => {
    const { total } = arrivalQueries({ namespace: 'shop', workloads: [name] })
    expect(total).toContain(`source_workload=~${quoted},`)
    expect(new RegExp(`^(?:${String(JSON.parse(quoted))})$`).test(name)).toBe(true)
  })
})

describe('requests that met a fault', () => {
  it('are counted from 0 by a counter that appears with the first of them', () => {
    expect(arrivalsIn([series('a', [at(105), 3], [at(110), 7])], window)).toEqual({
      met: 7,
      firstAt: at(105),
    })
  })

  it('do not hold what a counter of an earlier fault had', () => {
    const old = series('a', [at(50), 40], [at(95), 40], [at(105), 40], [at(110), 42])
    expect(arrivalsIn([old], window)).toEqual({ met: 2, firstAt: at(110) })
  })

  it('are none while only earlier ones are known, or nothing is', () => {
    expect(arrivalsIn([series('a', [at(50), 40], [at(105), 40])], window)).toEqual({
      met: 0,
      firstAt: undefined,
    })
    expect(arrivalsIn([], window)).toEqual({ met: 0, firstAt: undefined })
  })

  it('are counted on when a proxy begins anew', () => {
    const reset = series('a', [at(95), 40], [at(105), 45], [at(110), 2])
    expect(arrivalsIn([reset], window)).toEqual({ met: 7, firstAt: at(105) })
  })

  it('are those of all proxies together, seen first where they were first', () => {
    const all = [series('a', [at(95), 10], [at(120), 11]), series('b', [at(110), 5])]
    expect(arrivalsIn(all, window)).toEqual({ met: 6, firstAt: at(110) })
  })

  it('are none of those after its end', () => {
    expect(arrivalsIn([series('a', [at(120), 1], [at(131), 9])], window)).toEqual({
      met: 1,
      firstAt: at(120),
    })
  })
})

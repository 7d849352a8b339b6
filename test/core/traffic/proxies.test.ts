import { describe, expect, it } from 'vitest'
import { avoidSubset, haveWeight, knowSubset, observedWeight } from '../../../src/core/traffic/proxies.ts'
import type { ProxyTraffic } from '../../../src/core/traffic/proxies.ts'

function view(...proxies: Omit<ProxyTraffic, 'proxy'>[]) {
  return { proxies: proxies.map((one, index) => ({ proxy: `proxy-${index}`, ...one })) }
}

const nobody = view()

describe('proxies', () => {
  it('know a subset when each of them has a healthy endpoint of it', () => {
    expect(knowSubset(view({ endpoints: { v2: 1 } }, { endpoints: { v2: 2 } }), 'v2')).toBe(true)
    expect(knowSubset(view({ endpoints: { v2: 1 } }, { endpoints: {} }), 'v2')).toBe(false)
    expect(knowSubset(view({ endpoints: { v2: 0 } }), 'v2')).toBe(false)
    expect(knowSubset(nobody, 'v2')).toBe(false)
  })

  it('avoid a subset when none names it, even at weight 0, or routes at all', () => {
    expect(avoidSubset(view({ endpoints: {}, weights: { v1: 100 } }, { endpoints: {} }), 'v2')).toBe(true)
    expect(avoidSubset(view({ endpoints: {}, weights: { v1: 100, v2: 0 } }), 'v2')).toBe(false)
    expect(avoidSubset(nobody, 'v2')).toBe(false)
  })

  it('have a weight when all that route have it, within rounding', () => {
    const three = view({ endpoints: {}, weights: { v1: 67, v2: 33 } }, { endpoints: {} })
    expect(haveWeight(three, 'v2', 33.3)).toBe(true)
    expect(haveWeight(three, 'v2', 35)).toBe(false)
    expect(haveWeight(view({ endpoints: {}, weights: { v1: 100 } }), 'v2', 0)).toBe(true)
    expect(haveWeight(view({ endpoints: {} }), 'v2', 0)).toBe(false)
    expect(haveWeight(nobody, 'v2', 0)).toBe(false)
  })

  it('are told by the largest weight that one of them gives', () => {
    const both = view({ endpoints: {}, weights: { v2: 5.4 } }, { endpoints: {}, weights: { v1: 100 } })
    expect(observedWeight(both, 'v2')).toBe(5)
    expect(observedWeight(view({ endpoints: {} }), 'v2')).toBeUndefined()
  })
})

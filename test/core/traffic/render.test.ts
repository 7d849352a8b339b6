import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderSplit } from '../../../src/core/traffic/render.ts'
import type { Split } from '../../../src/core/traffic/render.ts'
import type { RouteDestination, VirtualService } from '../../../src/core/traffic/types.ts'
import { cases } from '../property.ts'
import { SERVICE, aVirtualService, primary, to } from '../shop.ts'

const INDEX = 1
const FULL = 'reviews.shop.svc.cluster.local'

const ownHost = fc.constantFrom('reviews', FULL)
const foreign = fc
  .record({
    host: fc.constantFrom('ratings', 'reviews.other.svc.cluster.local', 'example.com'),
    weight: fc.option(fc.nat({ max: 100 }), { nil: undefined }),
    header: fc.string({ maxLength: 5 }),
  })
  .map(({ host, weight, header }): RouteDestination => ({
    ...to(undefined, weight, host),
    headers: { header },
  }))
const own = fc
  .record({ host: ownHost, subset: fc.constantFrom('v1', 'v2', 'v7'), weight: fc.nat({ max: 100 }) })
  .map(({ host, subset, weight }) => ({ ...to(subset, weight, host), headers: { of: subset } }))

/** A route with a destination of ours somewhere among foreign ones. */
const route = fc
  .tuple(
    fc.array(fc.oneof(foreign, own), { maxLength: 4 }),
    own,
    fc.array(fc.oneof(foreign, own), { maxLength: 4 }),
  )
  .map(([before, ours, after]) => aVirtualService([...before, ours, ...after]))

const split = fc
  .record({
    weight: fc.integer({ min: 0, max: 100 }),
    share: fc.option(fc.integer({ min: 2, max: 250 }), { nil: undefined }),
    canary: fc.constantFrom('v2', undefined),
  })
  .map(({ weight, share, canary }): Split => {
    return { service: SERVICE, stable: 'v1', weight, share, ...(canary !== undefined && { canary }) }
  })

function rendered(object: VirtualService, how: Split): VirtualService {
  return renderSplit(object, INDEX, how)
}

function destinations(object: VirtualService): readonly RouteDestination[] {
  return primary(object).route ?? []
}

function isOurs({ destination }: RouteDestination): boolean {
  return destination.host === 'reviews' || destination.host === FULL
}

function weightOf(object: VirtualService, subset: string): number | undefined {
  return destinations(object).find((entry) => isOurs(entry) && entry.destination.subset === subset)?.weight
}

describe('a rendered route', () => {
  it('is the same when it is rendered again', () => {
    fc.assert(
      fc.property(route, split, (object, how) => {
        const once = rendered(object, how)
        expect(rendered(once, how)).toEqual(once)
      }),
      cases(500),
    )
  })

  it('leaves foreign destinations, their weights and their order, all other routes and all other fields', () => {
    fc.assert(
      fc.property(route, split, (object, how) => {
        const after = rendered(object, how)
        const strangers = (one: VirtualService) => destinations(one).filter((entry) => !isOurs(entry))
        expect(strangers(after)).toEqual(strangers(object))
        expect(without(after)).toEqual(without(object))
      }),
      cases(500),
    )
  })

  it('has our destinations in one place, where the first of them was', () => {
    fc.assert(
      fc.property(route, split, (object, how) => {
        const first = destinations(object).findIndex(isOurs)
        const after = destinations(rendered(object, how))
        expect(after.findIndex(isOurs)).toBe(first)
        expect(after.findLastIndex(isOurs) - first).toBe(how.canary === undefined ? 0 : 1)
      }),
      cases(500),
    )
  })

  it('shares what ours shared before, or 100 where nobody else has a weight, whole numbers, exact at 0 and 100, and never nothing in between', () => {
    fc.assert(
      fc.property(route, split, (object, how) => {
        if (how.canary === undefined) return
        const after = rendered(object, how)
        const [stable = -1, canary = -1] = [weightOf(after, 'v1'), weightOf(after, 'v2')]
        expect(stable + canary).toBe(hasForeign(object) ? (how.share ?? 100) : 100)
        expect(Number.isInteger(canary)).toBe(true)
        if (how.weight === 0) expect(canary).toBe(0)
        else expect(canary).toBeGreaterThan(0)
        if (how.weight === 100) expect(stable).toBe(0)
        else expect(stable).toBeGreaterThan(0)
      }),
      cases(500),
    )
  })

  it('is exact where nobody else has a weight, else as close as whole weights allow', () => {
    const images = to(undefined, 20, 'images')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 250 }), (weight, share) => {
        const how = { service: SERVICE, stable: 'v1', canary: 'v2', weight, share }
        expect(weightOf(rendered(aVirtualService([to('v1', share)]), how), 'v2')).toBe(weight)
        const shared = weightOf(rendered(aVirtualService([to('v1', share), images]), how), 'v2') ?? 0
        if (share >= 100) expect(Math.abs((100 * shared) / share - weight)).toBeLessThanOrEqual(0.5)
      }),
      cases(200),
    )
  })

  function hasForeign(object: VirtualService): boolean {
    return destinations(object).some(({ destination }) => !['reviews', FULL].includes(destination.host))
  }

  function without(object: VirtualService): unknown {
    const http = object.spec.http?.map((one) => (one.name === 'primary' ? { ...one, route: [] } : one))
    return { ...object, spec: { ...object.spec, http } }
  }
})

describe('a new destination', () => {
  it("copies stable's, port and headers included", () => {
    const stable = { ...to('v1', 100), headers: { request: { set: { a: 'b' } } } }
    const how = { service: SERVICE, stable: 'v1', canary: 'v2', weight: 20, share: 100 }
    expect(destinations(rendered(aVirtualService([stable]), how))).toEqual([
      { ...stable, weight: 80 },
      { ...stable, destination: { ...stable.destination, subset: 'v2' }, weight: 20 },
    ])
  })

  it('keeps its own where it stood there already', () => {
    const canary = { ...to('v2', 0), headers: { request: { set: { mine: 'yes' } } } }
    const how = { service: SERVICE, stable: 'v1', canary: 'v2', weight: 20, share: 100 }
    const after = rendered(aVirtualService([to('v1', 100), canary]), how)
    expect(destinations(after)[1]).toEqual({ ...canary, weight: 20 })
  })
})

describe('a route with one version', () => {
  it('has no weight where none was written before', () => {
    const how = { service: SERVICE, stable: 'v1', weight: 0, share: undefined }
    expect(destinations(rendered(aVirtualService([to('v1', 95), to('v2', 5)]), how))).toEqual([to('v1')])
  })

  it('has all of our share where weights were written', () => {
    const how = { service: SERVICE, stable: 'v1', weight: 0, share: 70 }
    const other = to(undefined, 30, 'ratings')
    const after = rendered(aVirtualService([other, to('v1', 66), to('v2', 4)]), how)
    expect(destinations(after)).toEqual([other, to('v1', 70)])
  })
})

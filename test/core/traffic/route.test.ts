import { describe, expect, it } from 'vitest'
import { findRoutes, shareOf, sharesOf } from '../../../src/core/traffic/route.ts'
import type { RouteDestination } from '../../../src/core/traffic/types.ts'
import { SERVICE, aVirtualService, primary, to } from '../shop.ts'

function shares(...route: RouteDestination[]) {
  const object = aVirtualService(route)
  const entries = sharesOf(object, primary(object), SERVICE)
  return Object.fromEntries(entries.map(({ subset, percent }) => [subset ?? 'none', Math.round(percent)]))
}

function share(...route: RouteDestination[]): number | undefined {
  const object = aVirtualService(route)
  return shareOf(object, primary(object), SERVICE)
}

describe('routes', () => {
  it('are found by leading to the service, and by name where one is given', () => {
    expect(findRoutes(aVirtualService(), { service: SERVICE })).toEqual([1])
    expect(findRoutes(aVirtualService(), { service: SERVICE, names: ['primary'] })).toEqual([1])
    expect(findRoutes(aVirtualService(), { service: SERVICE, names: ['images'] })).toEqual([])
    expect(findRoutes(aVirtualService([to('v1', 1, 'ratings')]), { service: SERVICE })).toEqual([])
  })
})

describe('the division of a route', () => {
  const other = to(undefined, 900, 'ratings')

  it.each<[string, RouteDestination[], Record<string, number>]>([
    ['one without weight gets all', [to('v1')], { v1: 100 }],
    ['weights are relative, whatever their sum', [to('v1', 3), to('v2', 1)], { v1: 75, v2: 25 }],
    ['destinations of one subset add up', [to('v1', 30), to('v2', 40), to('v1', 30)], { v1: 60, v2: 40 }],
    ['other services do not count', [other, to('v1', 90), to('v2', 10)], { v1: 90, v2: 10 }],
    ['of several without weight none gets anything', [to('v1'), to('v2')], { v1: 0, v2: 0 }],
    ['none but weights of 0 is nothing', [to('v1', 0)], { v1: 0 }],
    ['no subset is a version of its own', [to(undefined, 50), to('v1', 50)], { none: 50, v1: 50 }],
  ])('%s', (_, route, expected) => {
    expect(shares(...route)).toEqual(expected)
  })

  it('shares the sum of our weights, or nothing that was written', () => {
    expect(share(other, to('v1', 60), to('v2', 10))).toBe(70)
    expect(share(other, to('v1'))).toBeUndefined()
    expect(share(to('v1'), to('v2', 10))).toBe(10)
  })
})

import { describe, expect, it } from 'vitest'
import {
  isNamedElsewhere,
  allManagedRoutes,
  managedRoutes,
  namesCanary,
  routesToLower,
} from '../../../src/core/traffic/managed.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, SERVICE, aContext, aVirtualService, to } from '../shop.ts'

/** The spec names no route. */
const UNNAMED = aContext(5, { route: { service: SERVICE } })
const STRANGERS = { name: 'strangers', route: [to('v1')] }

function withRoutes(...http: HttpRoute[]): VirtualService {
  const object = aVirtualService()
  return { ...object, spec: { ...object.spec, http } }
}

function remembering(object: VirtualService, route: string): VirtualService {
  return withMark(object, KEY, {
    rollout: KEY,
    uid: 'u',
    release: 'r',
    seq: 1,
    stable: 'v1',
    routes: [{ route }],
  })
}

describe('the managed route', () => {
  it('is the one that the spec names', () => {
    expect(managedRoutes(aVirtualService(), aContext(5))).toEqual([1])
    expect(managedRoutes(withRoutes(STRANGERS), aContext(5))).toEqual([])
  })

  it('is the only one that leads to the service', () => {
    expect(managedRoutes(aVirtualService(), UNNAMED)).toEqual([1])
  })

  it('is known by the name that the mark remembers when a stranger adds another', () => {
    const object = withRoutes(STRANGERS, { name: 'mine', route: [to('v1')] })
    expect(managedRoutes(remembering(object, 'mine'), UNNAMED)).toEqual([1])
  })

  it('is known by naming both versions when it has no name', () => {
    const object = withRoutes(STRANGERS, { route: [to('v1', 95), to('v2', 5)] })
    expect(managedRoutes(remembering(object, '0'), UNNAMED)).toEqual([1])
  })

  it('is none rather than a stranger’s when nothing tells them apart', () => {
    const object = withRoutes(STRANGERS, { route: [to('v1')] })
    expect(managedRoutes(remembering(object, '0'), UNNAMED)).toEqual([])
  })
})

describe('several managed routes', () => {
  const both = aContext(5, { route: { service: SERVICE, names: ['second', 'primary'] } })
  const primary = { name: 'primary', route: [to('v1')] }
  const second = { name: 'second', route: [to('v1')] }

  it('are found in the order of the object, whatever stands between them', () => {
    expect(managedRoutes(withRoutes(primary, STRANGERS, second), both)).toEqual([0, 2])
  })

  it('are nothing to raise when one is missing, and what is left is lowered', () => {
    expect(allManagedRoutes(withRoutes(primary, STRANGERS), both)).toEqual([])
    expect(managedRoutes(withRoutes(primary, STRANGERS), both)).toEqual([0])
    const renamed = { name: 'new', route: [to('v1', 90), to('v2', 10)] }
    expect(routesToLower(withRoutes(renamed, STRANGERS, primary), both)).toEqual([0, 2])
  })

  it('are in order beyond the tenth', () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ name: `r${index}`, route: [to('v1')] }))
    const ends = aContext(5, { route: { service: SERVICE, names: ['r11', 'r2'] } })
    expect(managedRoutes(withRoutes(...many), ends)).toEqual([2, 11])
  })
})

describe('a route that was renamed', () => {
  it('is known by naming both versions', () => {
    expect(
      routesToLower(withRoutes(STRANGERS, { name: 'new', route: [to('v1', 0), to('v2', 100)] }), aContext(5)),
    ).toEqual([1])
    expect(routesToLower(withRoutes(STRANGERS), aContext(5))).toEqual([])
  })
})

describe('the canary', () => {
  it('is named with or without weight', () => {
    expect(namesCanary(aVirtualService([to('v1', 100), to('v2', 0)]), 1, aContext(5))).toBe(true)
    expect(namesCanary(aVirtualService(), 1, aContext(5))).toBe(false)
  })

  it('stays named when a route of somebody else names it and ours does not', () => {
    const tester = { name: 'testers', match: [{ headers: {} }], route: [to('v2')] }
    const ours = { name: 'primary', route: [to('v1')] }
    expect(isNamedElsewhere(withRoutes(tester, ours), aContext(5), 'v2')).toBe(true)
    expect(isNamedElsewhere(withRoutes(ours), aContext(5), 'v2')).toBe(false)
    const divided = { name: 'primary', route: [to('v1', 95), to('v2', 5)] }
    expect(isNamedElsewhere(withRoutes(tester, divided), aContext(5), 'v2')).toBe(false)
  })
})

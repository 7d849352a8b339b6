import { describe, expect, it } from 'vitest'
import {
  isNamedElsewhere,
  managedRoute,
  namesCanary,
  renamedRoute,
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
  return withMark(object, KEY, { rollout: KEY, uid: 'u', release: 'r', seq: 1, stable: 'v1', route })
}

describe('the managed route', () => {
  it('is the one that the spec names', () => {
    expect(managedRoute(aVirtualService(), aContext(5))).toBe(1)
    expect(managedRoute(withRoutes(STRANGERS), aContext(5))).toBeUndefined()
  })

  it('is the only one that leads to the service', () => {
    expect(managedRoute(aVirtualService(), UNNAMED)).toBe(1)
  })

  it('is known by the name that the mark remembers when a stranger adds another', () => {
    const object = withRoutes(STRANGERS, { name: 'mine', route: [to('v1')] })
    expect(managedRoute(remembering(object, 'mine'), UNNAMED)).toBe(1)
  })

  it('is known by naming both versions when it has no name', () => {
    const object = withRoutes(STRANGERS, { route: [to('v1', 95), to('v2', 5)] })
    expect(managedRoute(remembering(object, '0'), UNNAMED)).toBe(1)
  })

  it('is none rather than a stranger’s when nothing tells them apart', () => {
    const object = withRoutes(STRANGERS, { route: [to('v1')] })
    expect(managedRoute(remembering(object, '0'), UNNAMED)).toBeUndefined()
  })
})

describe('a route that was renamed', () => {
  it('is known by naming both versions', () => {
    expect(
      renamedRoute(withRoutes(STRANGERS, { name: 'new', route: [to('v1', 0), to('v2', 100)] }), aContext(5)),
    ).toBe(1)
    expect(renamedRoute(withRoutes(STRANGERS), aContext(5))).toBeUndefined()
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

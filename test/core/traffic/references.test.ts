import { describe, expect, it } from 'vitest'
import { namesSubset } from '../../../src/core/traffic/references.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { SERVICE, aVirtualService, to } from '../shop.ts'

const HERE = { host: 'reviews', subset: 'v2' }

function withSpec(spec: Record<string, unknown>, namespace = 'shop'): VirtualService {
  const object = aVirtualService()
  return { ...object, metadata: { ...object.metadata, namespace }, spec }
}

describe('a subset is named', () => {
  it.each<[string, Record<string, unknown>]>([
    ['by an http route', { http: [{ route: [to('v1')] }, { route: [to('v2', 0)] }] }],
    ['by a tcp route', { tcp: [{ route: [{ destination: HERE }] }] }],
    ['by a tls route', { tls: [{ route: [{ destination: HERE }] }] }],
    ['by a mirror', { http: [{ route: [to('v1')], mirror: HERE }] }],
    ['by one of several mirrors', { http: [{ route: [to('v1')], mirrors: [{ destination: HERE }] }] }],
  ])('%s', (_, spec) => {
    expect(namesSubset(withSpec(spec), SERVICE, 'v2')).toBe(true)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['of another service', { http: [{ route: [to('v2', 1, 'ratings')] }] }, 'shop'],
    ['of a short host in another namespace', { http: [{ route: [to('v2')] }] }, 'other'],
    ['of another name', { http: [{ route: [to('v1')] }] }, 'shop'],
    ['where nothing is routed', { http: [{ redirect: {} }] }, 'shop'],
    ['where there are no routes', {}, 'shop'],
  ])('not: %s', (_, spec, namespace) => {
    expect(namesSubset(withSpec(spec, namespace), SERVICE, 'v2')).toBe(false)
  })
})

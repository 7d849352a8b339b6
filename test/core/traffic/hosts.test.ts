import { describe, expect, it } from 'vitest'
import { fullHost, meansService } from '../../../src/core/traffic/hosts.ts'
import { SERVICE } from '../shop.ts'

describe('a host', () => {
  it('is written in full with namespace and domain', () => {
    expect(fullHost(SERVICE)).toBe('reviews.shop.svc.cluster.local')
  })

  it.each([
    ['reviews', 'shop', true],
    ['reviews', 'other', false],
    ['reviews.shop.svc.cluster.local', 'shop', true],
    ['reviews.shop.svc.cluster.local', 'other', true],
    ['reviews.other.svc.cluster.local', 'shop', false],
    ['ratings', 'shop', false],
    // Istio takes a name with dots for a full one.
    ['reviews.shop', 'shop', false],
    ['reviews.example.com', 'shop', false],
    ['*.shop.svc.cluster.local', 'shop', false],
  ])('%s in an object of namespace %s means the service of shop: %s', (host, namespace, expected) => {
    expect(meansService(host, namespace, SERVICE)).toBe(expected)
  })
})

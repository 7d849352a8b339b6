import { expect, it } from 'vitest'
import type { RawRollout } from '../../src/api/v1alpha1/rollout.ts'
import { NamedObjects } from '../../src/controller/named-objects.ts'
import { minimalSpec } from '../api/specs.ts'

const KEY = 'shop/reviews'

function rolloutNaming(virtualServices: readonly object[], generation = 1): RawRollout {
  const existing = { virtualServices, destinationRule: { name: 'rule' } }
  return {
    meta: {
      name: 'reviews',
      namespace: 'shop',
      uid: 'u',
      generation,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      finalizers: [],
    },
    spec: { ...minimalSpec, traffic: { service: 'reviews', existing } },
    status: {},
  }
}

it('tells who names an object, in whatever namespace', () => {
  const named = new NamedObjects()
  named.note(KEY, rolloutNaming([{ name: 'mesh' }, { name: 'edge', namespace: 'ingress' }]))
  expect(named.usersOf('VirtualService', { namespace: 'shop', name: 'mesh' })).toEqual([KEY])
  expect(named.usersOf('VirtualService', { namespace: 'ingress', name: 'edge' })).toEqual([KEY])
  expect(named.usersOf('Service', { namespace: 'shop', name: 'reviews' })).toEqual([KEY])
  expect(named.usersOf('DestinationRule', { namespace: 'shop', name: 'rule' })).toEqual([KEY])
  expect(named.usersOf('VirtualService', { namespace: 'shop', name: 'edge' })).toEqual([])
})

it('forgets what a Rollout named before, or named at all', () => {
  const named = new NamedObjects()
  named.note(KEY, rolloutNaming([{ name: 'old' }]))
  named.note(KEY, rolloutNaming([{ name: 'new' }], 2))
  expect(named.usersOf('VirtualService', { namespace: 'shop', name: 'old' })).toEqual([])
  expect(named.usersOf('VirtualService', { namespace: 'shop', name: 'new' })).toEqual([KEY])
  named.note(KEY, undefined)
  expect(named.usersOf('VirtualService', { namespace: 'shop', name: 'new' })).toEqual([])
})

import { describe, expect, it } from 'vitest'
import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import { whoseRoute } from '../../../src/core/policy/ownership.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { ROLLOUT, SERVICE } from '../shop.ts'

const destination = { host: 'reviews', subset: 'v1' }
const object: VirtualService = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: {
    http: [
      { name: 'primary', route: [{ destination }] },
      { name: 'second', route: [{ destination }] },
    ],
  },
}

interface Claim {
  readonly name: string
  readonly createdAt: string
  readonly uid?: string
  readonly virtualService?: string
  readonly route?: string
}

function rolloutOf({
  name,
  createdAt,
  virtualService = 'reviews',
  route = 'primary',
  ...rest
}: Claim): RawRollout {
  const { uid = `uid-${name}` } = rest
  const meta = { name, namespace: 'shop', uid, generation: 1, resourceVersion: '1', finalizers: [] }
  const existing = { virtualServices: [{ name: virtualService, routes: [route] }] }
  const spec = { traffic: { service: 'reviews', existing } }
  return { meta: { ...meta, creationTimestamp: createdAt }, spec, status: {} }
}

/** What `reviews`, created at 12:00, is told of the route `primary`. */
function told(others: readonly RawRollout[], virtualService = object): string | undefined {
  const mine = rolloutOf({ ...ROLLOUT, createdAt: '2026-01-01T12:00:00Z' })
  const index = virtualService.spec.http?.findIndex(({ name }) => name === 'primary') ?? -1
  return whoseRoute({
    virtualService,
    index,
    service: SERVICE,
    rollout: ROLLOUT,
    rollouts: [mine, ...others],
  })
}

const mark = { rollout: 'shop/other', uid: 'uid-other', release: 'v2-1', seq: 1, stable: 'v1' }

describe('a route belongs to', () => {
  it('its only Rollout', () => {
    expect(told([])).toBeUndefined()
  })

  it.each([
    ['the older of two', { name: 'other', createdAt: '2026-01-01T11:59:59Z' }],
    [
      'the one with the lower uid of two of the same second',
      { name: 'other', createdAt: '2026-01-01T12:00:00Z' },
    ],
  ])('%s', (_, other) => {
    expect(told([rolloutOf(other)])).toBe(
      'the older Rollout shop/other moves this route of VirtualService shop/reviews; name another route, or delete that Rollout',
    )
  })

  it.each([
    ['is younger', { createdAt: '2026-01-01T12:00:01Z' }],
    ['is of the same second, with a higher uid', { createdAt: '2026-01-01T12:00:00Z', uid: 'uid-z' }],
    ['names another VirtualService', { virtualService: 'ratings' }],
    ['names another route', { route: 'second' }],
  ])('this one when the other %s', (_, claim) => {
    expect(told([rolloutOf({ name: 'other', createdAt: '2026-01-01T11:00:00Z', ...claim })])).toBeUndefined()
  })

  it('a younger one while its release is under way there, and only then', () => {
    const younger = rolloutOf({ name: 'other', createdAt: '2026-01-01T13:00:00Z' })
    const busy = withMark(object, 'shop/other', { ...mark, canary: 'v2', routes: [{ route: 'primary' }] })
    expect(told([younger], busy)).toMatch(/^the Rollout shop\/other moves this route/)
    expect(
      told([younger], withMark(object, 'shop/other', { ...mark, routes: [{ route: 'primary' }] })),
    ).toBeUndefined()
    const elsewhere = withMark(object, 'shop/other', { ...mark, canary: 'v2', routes: [{ route: 'second' }] })
    expect(told([younger], elsewhere)).toBeUndefined()
  })

  it('nobody because of a mark whose Rollout is gone', () => {
    const left = withMark(object, 'shop/other', { ...mark, canary: 'v2', routes: [{ route: 'primary' }] })
    expect(told([], left)).toBeUndefined()
  })
})

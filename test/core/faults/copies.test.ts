import { describe, expect, it } from 'vitest'
import { appliesToMesh, isFaultRoute, withCopies, withoutCopies } from '../../../src/core/faults/copies.ts'
import type { FaultRecord, Meets } from '../../../src/core/faults/record.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { aVirtualService, to } from '../shop.ts'
import { CALLERS, HOST, LABELS, aRecord, aTarget } from './scene.ts'

const HEADER: Meets = { kind: 'Header', name: 'x-sluice-probe', value: 'abc', subset: 'v2' }
const EVERYBODY: Meets = { kind: 'Everybody' }
const SERVICE_HOST = 'reviews.shop.svc.cluster.local'
const OURS = { sourceLabels: LABELS, sourceNamespace: 'shop' }
const ABORT = { abort: { percentage: { value: 100 }, httpStatus: 503 } }
const TO_ALL: HttpRoute = { route: [{ destination: { host: 'ratings' } }] }

const toHost = (host: string): HttpRoute => ({ name: host, route: [{ destination: { host } }] })

/** The copies for one fault, in front of the object's own routes. */
function copies(object: VirtualService, changes: Partial<FaultRecord> = {}): readonly HttpRoute[] {
  return withCopies(object, [aRecord(changes)]).spec.http?.filter(isFaultRoute) ?? []
}

/** What leads to the copy of a route with these matches; undefined: it has no copy. */
function matchOf(match: unknown, meets: Meets = CALLERS): unknown {
  const [copy, ...more] = copies(aTarget([{ ...TO_ALL, ...(match !== undefined && { match }) }]), { meets })
  expect(more).toEqual([])
  return copy === undefined ? undefined : copy['match']
}

describe('the routes of a fault', () => {
  it('are for callers copies of all own routes, in their order, in front of them, named after the fault', () => {
    const object = aVirtualService()
    const { id } = aRecord()
    const { http = [] } = withCopies(object, [aRecord()]).spec
    expect(http.map(({ name }) => name)).toEqual([
      ...[0, 1, 2].map((index) => `sluice-fault-${id}-${index}`),
      'images',
      'primary',
      'legacy',
    ])
    expect(http.slice(3)).toEqual(object.spec.http)
  })

  it.each([HEADER, EVERYBODY])(
    'are for $kind copies of routes to the host, each right before its own',
    (meets) => {
      const object = aTarget(['images', 'ratings', 'details', HOST].map((host) => toHost(host)))
      const record = aRecord({ meets })
      const { http = [] } = withCopies(object, [record]).spec
      const copy = (index: number) => `sluice-fault-${record.id}-${index}`
      expect(http.map(({ name }) => name)).toEqual(['images', copy(1), 'ratings', 'details', copy(3), HOST])
      expect(withoutCopies(withCopies(object, [record]))).toEqual(object)
    },
  )

  it.each([HEADER, EVERYBODY])('are for $kind those of the routes that the release moves', (meets) => {
    const record = aRecord({ meets, host: SERVICE_HOST, routes: ['primary'] })
    const names = copies(aVirtualService(), { ...record }).map(({ name }) => name)
    expect(names).toEqual([`sluice-fault-${record.id}-1`])
  })

  it('keep all fields of the route, those that nobody knows included', () => {
    const object = aVirtualService([to('v1', 90), to('v2', 10)], { fault: { delay: { fixedDelay: '1s' } } })
    const own = object.spec.http?.[1]
    const copy = copies(object)[1]
    expect({ ...copy, fault: own?.['fault'], name: own?.name, match: undefined }).toEqual({
      ...own,
      match: undefined,
    })
    expect(copy?.['fault']).toEqual(ABORT)
  })

  it('leave a fault that is not ours where it stands, and replace it in the copies alone', () => {
    const foreign = { delay: { percentage: { value: 1 }, fixedDelay: '9s' } }
    const { http } = withCopies(aTarget([{ ...TO_ALL, fault: foreign }]), [aRecord()]).spec
    expect(http?.map((route) => route['fault'])).toEqual([ABORT, foreign])
  })

  it.each([{ redirect: { uri: '/' } }, { directResponse: { status: 200 } }, { delegate: { name: 'other' } }])(
    'are without a fault where the route takes none: %o',
    (way) => {
      const [copy] = copies(aTarget([{ ...way, fault: { abort: {} } }]))
      expect(copy).toEqual({ ...way, name: expect.stringMatching(/-0$/), match: [OURS] })
    },
  )

  it('say what the fault does as Istio does', () => {
    const delay = { percent: 50, delayMs: 1_500 }
    const [copy] = copies(aTarget(), { delay, abort: { percent: 5, grpcStatus: 'UNAVAILABLE' } })
    expect(copy?.['fault']).toEqual({
      abort: { percentage: { value: 5 }, grpcStatus: 'UNAVAILABLE' },
      delay: { percentage: { value: 50 }, fixedDelay: '1.5s' },
    })
  })

  it('take the place of all others of ours', () => {
    const once = withCopies(aTarget(), [aRecord()])
    expect(withCopies(once, [aRecord()])).toEqual(once)
    expect(withoutCopies(once)).toEqual(aTarget())
    const mine = aTarget()
    expect(withoutCopies(mine)).toBe(mine)
  })
})

describe('callers', () => {
  it('meet it in every route, by labels and namespace', () => {
    expect(matchOf(undefined)).toEqual([OURS])
    expect(matchOf([])).toEqual([OURS])
    expect(matchOf([{ uri: { prefix: '/a' } }, { port: 80 }])).toEqual([
      { uri: { prefix: '/a' }, ...OURS },
      { port: 80, ...OURS },
    ])
  })

  it('keep what a match asks of them already', () => {
    const asked = { sourceLabels: { version: 'v2', zone: 'a' }, sourceNamespace: 'shop' }
    expect(matchOf([asked])).toEqual([{ ...OURS, sourceLabels: { ...LABELS, zone: 'a' } }])
  })

  it.each([
    ['other labels', [{ sourceLabels: { version: 'v1' } }]],
    ['another namespace', [{ sourceNamespace: 'elsewhere' }]],
    ['gateways alone', [{ gateways: ['shop/gateway'] }]],
  ])('are not led to a copy of what is not for them: %s', (_, match) => {
    expect(matchOf(match)).toBeUndefined()
    expect(matchOf([...match, { port: 80 }])).toEqual([{ port: 80, ...OURS }])
  })

  it('are led there by sidecars alone: a match that names gateways ignores labels', () => {
    expect(matchOf([{ gateways: ['mesh', 'shop/gateway'], port: 80 }])).toEqual([{ port: 80, ...OURS }])
    expect(matchOf([{ gateways: [], port: 80 }])).toEqual([{ port: 80, ...OURS }])
  })
})

describe('requests with a header', () => {
  const ours = { headers: { 'x-sluice-probe': { exact: 'abc' } } }

  it('meet it in every route, beside what a match asks for', () => {
    expect(matchOf(undefined, HEADER)).toEqual([ours])
    const asked = { gateways: ['shop/gateway'], headers: { cookie: { exact: 'a' } } }
    expect(matchOf([asked], HEADER)).toEqual([{ ...asked, headers: { ...asked.headers, ...ours.headers } }])
  })

  it('go to the version that is tried, also where its route gives it little or nothing', () => {
    const destinations = [to('v1', 95), { ...to('v2', 5), headers: { request: { set: { a: 'b' } } } }]
    const changes = { meets: HEADER, host: SERVICE_HOST }
    const [primary] = copies(aVirtualService(destinations), changes)
    const { weight: _weight, ...model } = destinations[1]!
    expect(primary?.route).toEqual([model])
    expect(copies(aVirtualService([to('v1')]), changes)[0]?.route).toEqual([to('v2')])
  })

  it('are not led to a copy of a route that asks the header for another value', () => {
    expect(matchOf([{ headers: { 'x-sluice-probe': { exact: 'other' } } }], HEADER)).toBeUndefined()
    expect(matchOf([{ headers: { 'x-sluice-probe': { exact: 'abc' } } }], HEADER)).toEqual([ours])
  })
})

describe('everybody', () => {
  it('meets it as the routes are', () => {
    expect(matchOf(undefined, EVERYBODY)).toBeUndefined()
    expect(matchOf([{ port: 80 }], EVERYBODY)).toEqual([{ port: 80 }])
  })
})

describe('a VirtualService steers the mesh', () => {
  it.each<[unknown, boolean]>([
    [undefined, true],
    [[], true],
    [['mesh'], true],
    [['shop/gateway', 'mesh'], true],
    [['shop/gateway'], false],
  ])('with gateways %j: %s', (gateways, isSo) => {
    expect(appliesToMesh(aTarget(undefined, gateways === undefined ? {} : { gateways }))).toBe(isSo)
  })
})

import { describe, expect, it } from 'vitest'
import { isExportedTo, letsKnow, meetsHost, sidecarFor } from '../../../src/core/faults/scope.ts'
import type { SidecarScope } from '../../../src/core/faults/scope.ts'
import { hostOfService, hostsOfEntry, sidecarScope } from '../../../src/core/faults/scope-views.ts'

const POD = { namespace: 'shop', labels: { app: 'reviews', version: 'v2' } }

function sidecar(more: Partial<SidecarScope> = {}): SidecarScope {
  return { namespace: 'shop', name: 'default', hosts: ['*/*'], createdAt: '2026-01-02T03:04:05Z', ...more }
}

describe('the Sidecar that holds for a pod', () => {
  const root = sidecar({ namespace: 'istio-system', name: 'root' })
  const own = sidecar()
  const selecting = sidecar({ name: 'reviews', selector: { app: 'reviews' } })

  it.each([
    ['one of its namespace that selects it, before all others', [root, own, selecting], 'reviews'],
    ['one of its namespace for all, before that of the root namespace', [root, own], 'default'],
    ['that of the root namespace', [root], 'root'],
    ['none that selects other pods', [sidecar({ selector: { app: 'ratings' } })], undefined],
    ['none of the root namespace that selects', [{ ...root, selector: { app: 'reviews' } }], undefined],
    ['none of another namespace', [sidecar({ namespace: 'checkout' })], undefined],
    ['of two the older', [own, sidecar({ name: 'older', createdAt: '2025-01-02T03:04:05Z' }), root], 'older'],
  ])('is %s', (_, all, name) => {
    expect(sidecarFor(POD, all)?.name).toBe(name)
  })
})

describe('what a Sidecar lets its pods know', () => {
  const ratings = { namespace: 'shop', host: 'ratings.shop.svc.cluster.local' }
  const api = { namespace: 'egress', host: 'api.payments.example' }

  it.each([
    ['*/*', ratings, true],
    ['./*', ratings, true],
    ['./*', api, false],
    ['egress/*', api, true],
    ['egress/api.payments.example', api, true],
    ['egress/other.payments.example', api, false],
    ['*/*.payments.example', api, true],
    ['*/ratings.shop.svc.cluster.local', ratings, true],
    ['checkout/*', ratings, false],
    ['~/*', ratings, false],
    ['no-slash', ratings, false],
  ])('by %s: %o is %s', (host, object, known) => {
    expect(letsKnow(sidecar({ hosts: [host] }), 'shop', object)).toBe(known)
  })
})

describe('an export', () => {
  it.each([
    [[], 'shop', true],
    [['*'], 'shop', true],
    [['.'], 'ratings', true],
    [['.'], 'shop', false],
    [['shop', 'checkout'], 'shop', true],
    [['checkout'], 'shop', false],
    [['~'], 'ratings', false],
  ])('to %j reaches %s: %s', (exportTo, namespace, reached) => {
    expect(isExportedTo({ namespace: 'ratings', exportTo }, namespace)).toBe(reached)
  })
})

describe('what manifests say', () => {
  it.each([
    [undefined, true],
    [[{ name: 'http', port: 80 }], true],
    [[{ port: 80 }], true],
    [[{ name: 'tcp-store' }], false],
    [[{ name: 'store', appProtocol: 'mysql' }], false],
    [[{ name: 'tcp', appProtocol: 'http' }], true],
    [[{ name: 'https' }], false],
    [[{ name: 'dns', protocol: 'UDP' }], false],
    [[{ name: 'tcp-admin' }, { name: 'grpc' }], true],
  ])('of ports %j of a Service: proxies read requests: %s', (ports, readable) => {
    expect(hostOfService({ metadata: { name: 'a', namespace: 'b' }, spec: { ports } }).readable).toBe(
      readable,
    )
  })

  it('of a ServiceEntry: each of its hosts', () => {
    const spec = { hosts: ['a.example', '*.b.example'], ports: [{ protocol: 'HTTPS' }, { protocol: 'GRPC' }] }
    expect(hostsOfEntry({ metadata: { name: 'e', namespace: 'n' }, spec })).toEqual(
      spec.hosts.map((host) => {
        return { kind: 'ServiceEntry', namespace: 'n', name: 'e', host, exportTo: [], readable: true }
      }),
    )
  })

  it('of a Sidecar without egress: everything is known', () => {
    expect(sidecarScope({ metadata: { name: 's', namespace: 'n' }, spec: {} }).hosts).toEqual(['*/*'])
    expect(sidecarScope({ spec: { egress: [{}] } }).hosts).toEqual([])
  })
})

it('a wildcard covers hosts that end as it does', () => {
  expect(meetsHost('*.example.com', 'api.example.com')).toBe(true)
  expect(meetsHost('*.example.com', 'example.com')).toBe(false)
  expect(meetsHost('*', 'anything')).toBe(true)
})

import { describe, expect, it } from 'vitest'
import { madeVirtualService } from '../../../src/core/faults/made.ts'
import { isExportedTo } from '../../../src/core/faults/scope.ts'
import { faultTarget, unclearText } from '../../../src/core/faults/target.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { HOST, aRecord, aTarget } from './scene.ts'

const named = (name: string, spec: object = {}, namespace = 'shop'): VirtualService => {
  const object = aTarget(undefined, spec as Record<string, unknown>)
  return { ...object, metadata: { ...object.metadata, name, namespace } }
}
const target = (all: readonly VirtualService[], host = HOST) => faultTarget(host, 'shop', all)

describe('a fault for the callers of a host is written', () => {
  it.each<[string, VirtualService]>([
    ['names it in short', named('a')],
    ['names it in full', named('a', { hosts: ['x.example.com', HOST] })],
    ['of another namespace names it in full', named('a', { hosts: [HOST] }, 'elsewhere')],
    ['was made for a fault', madeVirtualService(aRecord(), 'shop')],
  ])('into the VirtualService that %s', (_, object) => {
    expect(target([named('other', { hosts: ['other'] }), object])).toEqual({ kind: 'Existing', object })
  })

  it.each<[string, VirtualService]>([
    ['steers gateways alone', named('a', { gateways: ['shop/gateway'] })],
    ['is not exported there', named('a', { hosts: [HOST], exportTo: ['.'] }, 'elsewhere')],
    ['means a Service of its own namespace', named('a', {}, 'elsewhere')],
    ['has no hosts', named('a', { hosts: undefined })],
  ])('into one that is made, where there is none but one that %s', (_, object) => {
    expect(target([object])).toEqual({ kind: 'Make' })
  })

  it('nowhere where several name it, or one routes for more than it', () => {
    const both = [named('a'), named('b', { hosts: [HOST] })]
    expect(target(both)).toEqual({ kind: 'Ambiguous', objects: both })
    const wild = named('a', { hosts: ['*.svc.cluster.local'] })
    expect(target([wild])).toEqual({ kind: 'Wildcard', object: wild, host: '*.svc.cluster.local' })
    const all = named('a', { hosts: ['*'] })
    expect(target([all], 'api.example.com')).toMatchObject({ kind: 'Wildcard', host: '*' })
    expect(target([wild, named('b')])).toMatchObject({ kind: 'Existing' })
    expect(target([named('a', { hosts: ['*.example.com'] })])).toEqual({ kind: 'Make' })
  })

  it('nowhere where another Service shares the VirtualService: its callers would meet the fault, too', () => {
    const shared = named('a', { hosts: [HOST, 'payments'] })
    const host = 'payments.shop.svc.cluster.local'
    const found = target([shared])
    expect(found).toEqual({ kind: 'Wildcard', object: shared, host })
    expect(found.kind === 'Wildcard' && unclearText(HOST, found)).toContain(
      `routes ${host}, which is more than ${HOST}`,
    )
  })
})

describe('a VirtualService is seen', () => {
  it.each<[string[], string, boolean]>([
    [[], 'elsewhere', true],
    [['*'], 'elsewhere', true],
    [['.'], 'elsewhere', false],
    [['.'], 'shop', true],
    [['a', 'elsewhere'], 'elsewhere', true],
    [['~'], 'shop', false],
  ])('exported to %j from %s: %s', (exportTo, from, isSeen) => {
    const { namespace } = aTarget().metadata
    expect(isExportedTo({ namespace, exportTo }, from)).toBe(isSeen)
  })
})

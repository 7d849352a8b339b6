import { describe, expect, it } from 'vitest'
import { isMade, madeRef, madeVirtualService } from '../../../src/core/faults/made.ts'
import { faultsOf } from '../../../src/core/faults/record.ts'
import { followFaults, withFaults } from '../../../src/core/faults/render.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { HOST, LABELS, aRecord, aTarget, injected } from './scene.ts'

const made = madeVirtualService(aRecord(), 'shop')

function withSpec(changes: object): VirtualService {
  return { ...made, spec: { ...made.spec, ...changes } }
}

describe('a VirtualService that is made for a fault', () => {
  it('is seen by its own namespace alone, and leads everybody else where they went', () => {
    expect(made.metadata).toMatchObject(madeRef(HOST, 'shop'))
    expect(made.spec).toEqual({
      hosts: [HOST],
      exportTo: ['.'],
      http: [
        {
          name: `sluice-fault-${aRecord().id}-0`,
          match: [{ sourceLabels: LABELS, sourceNamespace: 'shop' }],
          route: [{ destination: { host: HOST } }],
          fault: { abort: { percentage: { value: 100 }, httpStatus: 503 } },
        },
        { name: 'sluice-made', route: [{ destination: { host: HOST } }] },
      ],
    })
    expect(faultsOf(made)).toEqual([aRecord()])
    expect(followFaults(made)).toEqual(made)
  })

  it('has another name for another host', () => {
    expect(madeRef('a.example.com', 'shop')).not.toEqual(madeRef('b.example.com', 'shop'))
  })

  it('is known by it, with and without its faults', () => {
    expect([made, withFaults(made, [])].map(isMade)).toEqual([true, true])
  })

  it.each<[string, VirtualService]>([
    ['it was not made by us', { ...made, metadata: { ...made.metadata, labels: {} } }],
    ['it has another name', { ...made, metadata: { ...made.metadata, name: 'ratings' } }],
    ['somebody put a route into it', withSpec({ http: [...(made.spec.http ?? []), { name: 'own' }] })],
    ['somebody put other routes into it', withSpec({ tls: [{ match: [] }] })],
    ['somebody put connections into it', withSpec({ tcp: [{ route: [] }] })],
    ['a fault was put into it', injected(aTarget())],
  ])('is not one when %s', (_, object) => {
    expect(isMade(object)).toBe(false)
  })
})

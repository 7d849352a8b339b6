import { describe, expect, it } from 'vitest'
import { KEEP_FAULT_ANNOTATION } from '../../../src/api/names.ts'
import { faultsIn, orphansIn } from '../../../src/core/faults/found.ts'
import { withFaultRecords } from '../../../src/core/faults/record.ts'
import { withFaults } from '../../../src/core/faults/render.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { aVirtualService } from '../shop.ts'
import { aRecord, aTarget, injected } from './scene.ts'

const carrying = (fault: unknown): HttpRoute => ({ route: [{ destination: { host: 'ratings' } }], fault })

function managed(object: VirtualService, managers: readonly [string, string?][]): VirtualService {
  const managedFields = managers.map(([manager, time]) => {
    return { manager, ...(time && { time }), fieldsV1: { 'f:spec': { 'f:http': {} } } }
  })
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

describe('faults that are found', () => {
  it('are none in most objects', () => {
    expect(faultsIn(aVirtualService())).toEqual([])
    expect(orphansIn(aVirtualService())).toEqual([])
  })

  it('of ours have their record, all routes that carry it, and what it does', () => {
    const http = [
      { name: 'away', redirect: { uri: '/' } },
      ...(aTarget().spec.http ?? []),
      carrying(undefined),
    ]
    const record = aRecord({ delay: { percent: 20, delayMs: 7_000 } })
    expect(
      faultsIn(injected(aTarget(http.map(({ fault: _none, ...route }: HttpRoute) => route)), record)),
    ).toEqual([
      {
        namespace: 'shop',
        virtualService: 'ratings',
        hosts: ['ratings'],
        routes: [1, 2].map((index) => `sluice-fault-${record.id}-${index}`),
        does: 'abort 100 % with 503, delay 20 % by 7s',
        share: 100,
        record,
      },
    ])
  })

  it.each<[unknown, string, number]>([
    [{ abort: { percentage: { value: 5 }, httpStatus: 500 } }, 'abort 5 % with 500', 5],
    [{ abort: { httpStatus: 500 } }, 'abort 100 % with 500', 100],
    [{ abort: { percentage: {}, http2Error: 'CANCEL' } }, 'abort 0 % with CANCEL', 0],
    [{ delay: { percent: 7, fixedDelay: '2s' } }, 'delay 7 % by 2s', 7],
    [{ delay: { percent: 7 }, abort: { percent: 9 } }, 'abort 9 % with an error, delay 7 % by some time', 9],
    [{}, 'nothing', 0],
    [null, 'nothing', 0],
  ])('of others say what they do: %j', (fault, does, share) => {
    expect(faultsIn(aTarget([carrying(fault)]))).toMatchObject([{ routes: ['[0]'], does, share }])
  })

  it('of others stand route by route, beside ours', () => {
    const object = injected(aTarget([{ ...carrying({ abort: {} }), name: 'first' }, carrying({ delay: {} })]))
    expect(faultsIn(object).map(({ record, routes }) => [record?.name, routes.length])).toEqual([
      ['ratings-down', 2],
      [undefined, 1],
      [undefined, 1],
    ])
    expect(
      faultsIn(object)
        .slice(1)
        .flatMap(({ routes }) => routes),
    ).toEqual(['first', '[3]'])
  })

  it('of others tell who wrote the routes last, and why they are kept', () => {
    const foreign = aTarget([carrying({ abort: {} })])
    const both = managed(foreign, [
      ['helm', '2026-01-01T00:00:00Z'],
      ['kubectl', '2026-01-02T00:00:00Z'],
    ])
    const annotations = { [KEEP_FAULT_ANNOTATION]: 'game day' }
    expect(faultsIn({ ...both, metadata: { ...both.metadata, annotations } })).toMatchObject([
      { setBy: 'kubectl', setAt: '2026-01-02T00:00:00Z', keptBecause: 'game day' },
    ])
    expect(faultsIn(foreign)[0]).not.toHaveProperty('setBy')
    expect(faultsIn(managed(foreign, [['unknown']]))[0]).not.toHaveProperty('setAt')
  })

  it('of others were not set by us because we wrote last', () => {
    const foreign = aTarget([carrying({ abort: {} })])
    expect(faultsIn(managed(foreign, [['sluice', '2026-01-02T00:00:00Z']]))[0]).not.toHaveProperty('setBy')
  })
})

describe('routes of ours that no record knows', () => {
  it('are found, and others are not', () => {
    const known = aRecord()
    const lost = aRecord({ name: 'lost' })
    const object = withFaultRecords(withFaults(aTarget(), [known, lost]), [known])
    expect(orphansIn(object)).toEqual([`sluice-fault-${lost.id}-0`])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALLOW_FROM_ANNOTATION } from '../../../src/api/names.ts'
import { injectFault, isExpired, removeFaults } from '../../../src/core/faults/edits.ts'
import { faultsOf, withFaultRecords } from '../../../src/core/faults/record.ts'
import type { FaultRecord, Meets } from '../../../src/core/faults/record.ts'
import { followFaults, ofRollout, withFaults, withoutFaultsOf } from '../../../src/core/faults/render.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { cases } from '../property.ts'
import { ROLLOUT, START } from '../shop.ts'
import { CALLERS, aRecord, aTarget, injected } from './scene.ts'

const all = () => true
const MEETS: readonly Meets[] = [
  CALLERS,
  { kind: 'Header', name: 'x-sluice-probe', value: 'abc', subset: 'v2' },
  { kind: 'Everybody' },
]

function removed(object: VirtualService, chosen: (record: FaultRecord) => boolean = all): VirtualService {
  const edited = removeFaults(chosen)(object)
  if ('refused' in edited) throw new Error(edited.refused)
  return edited.object
}

/** Routes as anybody may have written them. */
const anyRoute: fc.Arbitrary<HttpRoute> = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    match: fc.array(
      fc.record(
        {
          uri: fc.constant({ prefix: '/x' }),
          gateways: fc.constantFrom(['mesh'], ['shop/gateway'], ['mesh', 'shop/gateway']),
          sourceLabels: fc.constantFrom({ version: 'v1' }, { zone: 'a' }),
          sourceNamespace: fc.constantFrom('shop', 'elsewhere'),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    route: fc.array(fc.record({ destination: fc.record({ host: fc.constantFrom('ratings', 'other') }) }), {
      minLength: 1,
      maxLength: 2,
    }),
    fault: fc.constant({ delay: { fixedDelay: '1s' } }),
    future: fc.jsonValue(),
  },
  { requiredKeys: ['route'] },
)

const anyObject: fc.Arbitrary<VirtualService> = fc
  .record({
    http: fc.array(anyRoute, { minLength: 1, maxLength: 5 }),
    note: fc.option(fc.string(), { nil: undefined }),
    tls: fc.option(fc.jsonValue(), { nil: undefined }),
  })
  .map(({ http, note, tls }) => {
    const object = aTarget(http, tls === undefined ? {} : { tls })
    const annotations = { 'example.com/note': note ?? '' }
    return note === undefined ? object : { ...object, metadata: { ...object.metadata, annotations } }
  })

describe('for any VirtualService', () => {
  it('a fault that goes leaves all as it was, also what a stranger wrote meanwhile', () => {
    fc.assert(
      fc.property(
        anyObject,
        fc.constantFrom(...MEETS),
        fc.array(anyRoute, { maxLength: 2 }),
        (object, meets, more) => {
          const edited = injectFault(aRecord({ meets }), 'shop')(object)
          if ('refused' in edited) return
          expect(removed(edited.object)).toEqual(object)
          const written = added(edited.object, more)
          expect(removed(written)).toEqual(added(object, more))
          expect(removed(followFaults(written))).toEqual(added(object, more))
        },
      ),
      cases(300),
    )
  })

  it('what is done twice is the same as done once', () => {
    fc.assert(
      fc.property(anyObject, fc.constantFrom(...MEETS), (object, meets) => {
        const edit = injectFault(aRecord({ meets }), 'shop')
        const once = edit(object)
        if ('refused' in once) return
        expect(edit(once.object)).toEqual(once)
        expect(followFaults(once.object)).toEqual(once.object)
        expect(removed(removed(once.object))).toEqual(removed(once.object))
      }),
      cases(200),
    )
  })

  function added(object: VirtualService, more: readonly HttpRoute[]): VirtualService {
    return { ...object, spec: { ...object.spec, http: [...(object.spec.http ?? []), ...more] } }
  }
})

describe('a fault is refused', () => {
  const refused = (object: VirtualService, record = aRecord(), from = 'shop') => {
    const edited = injectFault(record, from)(object)
    return 'refused' in edited ? edited.refused : 'not'
  }

  it('in another namespace that does not allow it', () => {
    expect(refused(aTarget(), aRecord(), 'elsewhere')).toBe('NotAllowed')
    const metadata = { ...aTarget().metadata, annotations: { [ALLOW_FROM_ANNOTATION]: 'a, elsewhere' } }
    expect(refused({ ...aTarget(), metadata }, aRecord(), 'elsewhere')).toBe('not')
  })

  it('where no route can carry it', () => {
    expect(refused(aTarget([]))).toBe('NoRoute')
    expect(refused(aTarget([{ redirect: { uri: '/' } }]))).toBe('NoRoute')
    expect(refused(aTarget(undefined, { gateways: ['shop/gateway'] }))).toBe('NoRoute')
    expect(refused(aTarget([{ match: [{ gateways: ['shop/gateway'] }], route: [] }]))).toBe('NoRoute')
  })

  it('while another one of ours stands', () => {
    const standing = injected(aTarget())
    expect(refused(standing, aRecord({ name: 'other' }))).toBe('Taken')
    expect(refused(standing, aRecord({ expiresAt: '2030-01-01T00:00:00Z' }))).toBe('not')
  })
})

describe('faults that are taken out', () => {
  const mine = aRecord()
  const theirs = aRecord({ name: 'theirs', release: { uid: 'other', id: 'v9', seq: 1 } })
  const both = withFaults(aTarget(), [mine, theirs])

  it('leave others as they are', () => {
    expect(withoutFaultsOf(both, ROLLOUT.uid)).toEqual(withFaults(aTarget(), [theirs]))
    expect(removed(both, ofRollout('other'))).toEqual(injected(aTarget()))
  })

  it('take routes along that no record knows', () => {
    const orphaned = withFaultRecords(both, [theirs])
    expect(removed(orphaned, () => false)).toEqual(withFaults(aTarget(), [theirs]))
  })

  it('are those whose time is over', () => {
    expect(faultsOf(removed(both, isExpired(START + 29_999)))).toHaveLength(2)
    expect(removed(both, isExpired(START + 30_000))).toEqual(aTarget())
  })
})

describe('copies', () => {
  it('follow the routes that they are copies of', () => {
    const standing = injected(aTarget())
    const [copy, own] = standing.spec.http ?? []
    const route = [{ destination: { host: 'ratings', subset: 'v9' } }]
    const written = aTarget([{ ...copy! }, { ...own!, route }])
    const object = { ...standing, spec: written.spec }
    expect(followFaults(object)).toEqual(injected(aTarget([{ ...own!, route }])))
  })
})

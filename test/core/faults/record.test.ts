import { describe, expect, it } from 'vitest'
import { FAULTS_ANNOTATION } from '../../../src/api/names.ts'
import { expiryOf, faultId, faultsOf, withFaultRecords } from '../../../src/core/faults/record.ts'
import { withFaults } from '../../../src/core/faults/render.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { START } from '../shop.ts'
import { aRecord, aTarget } from './scene.ts'

function annotated(text: string): VirtualService {
  return { ...aTarget(), metadata: { ...aTarget().metadata, annotations: { [FAULTS_ANNOTATION]: text } } }
}

describe('records of faults', () => {
  it.each([
    aRecord(),
    aRecord({ delay: { percent: 1, delayMs: 7_000 } }),
    aRecord({ abort: { percent: 0.5, grpcStatus: 'UNAVAILABLE' } }),
    aRecord({ meets: { kind: 'Header', name: 'x', value: 'y', subset: 'v2' } }),
    aRecord({ meets: { kind: 'Everybody' } }),
  ])('come back as they were written', (record) => {
    expect(faultsOf(withFaultRecords(aTarget(), [record]))).toEqual([record])
  })

  it('leave other annotations alone, and none where there was none', () => {
    const noted = { ...aTarget(), metadata: { ...aTarget().metadata, annotations: { note: 'keep' } } }
    const written = withFaultRecords(noted, [aRecord()])
    expect(written.metadata.annotations).toMatchObject({ note: 'keep' })
    expect(withFaultRecords(written, [])).toEqual(noted)
    expect(withFaultRecords(withFaultRecords(aTarget(), [aRecord()]), [])).toEqual(aTarget())
  })

  it.each(['', '{', 'null', '{}', '"text"', '[null, 1, "a", {}]'])('are none in %j', (text) => {
    expect(faultsOf(annotated(text))).toEqual([])
  })

  // A record that cannot be rendered would make every write of the weights in the object fail.
  it.each<[string, object]>([
    ['without whose calls', { meets: { kind: 'Callers' } }],
    ['with labels that are no texts', { meets: { kind: 'Callers', namespace: 'shop', labels: { a: 1 } } }],
    ['of all pods', { meets: { kind: 'Callers', namespace: 'shop', labels: {} } }],
    ['without a header', { meets: { kind: 'Header', subset: 'v2' } }],
    ['of a kind that nobody knows', { meets: { kind: 'Else' } }],
    ['of a release without a sequence', { release: { uid: 'a', id: 'b' } }],
    ['of no release', { release: 'v2' }],
    ['that does nothing', { abort: undefined }],
    ['with an abort that says nothing', { abort: { percent: 100 } }],
    ['with an abort of two kinds', { abort: { percent: 1, httpStatus: 503, grpcStatus: 'UNAVAILABLE' } }],
    ['with a share that is none', { abort: { percent: 101, httpStatus: 503 } }],
    ['with a status that is none', { abort: { percent: 100, httpStatus: 5030 } }],
    ['with a delay that is none', { delay: { percent: 100, delayMs: -1 } }],
    ['with an id that names no route', { id: 'a b' }],
  ])('are none %s', (_, changes) => {
    const text = JSON.stringify([{ ...aRecord(), ...changes }])
    expect(faultsOf(annotated(text))).toEqual([])
    expect(withFaults(annotated(text), faultsOf(annotated(text)))).toEqual(annotated(text))
  })

  it('have expired when nobody can read until when they may stand', () => {
    expect(expiryOf(aRecord())).toBe(START + 30_000)
    expect(expiryOf(aRecord({ expiresAt: 'soon' }))).toBe(-Infinity)
  })

  it('are told from each other by owner and name', () => {
    const ids = [faultId('a/b', 'c'), faultId('a/b', 'd'), faultId('a/c', 'c')]
    expect(new Set(ids).size).toBe(3)
    expect(ids.every((id) => /^[a-z0-9]+$/.test(id))).toBe(true)
  })
})

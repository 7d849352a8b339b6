import { expect, it } from 'vitest'
import { fieldManagers } from '../../../src/core/traffic/managers.ts'
import { aVirtualService } from '../shop.ts'

const PATH = ['spec', 'http']
const owning = { 'f:spec': { 'f:http': {}, 'f:hosts': {} } }

function managersOf(managedFields: unknown): unknown {
  const object = aVirtualService()
  return fieldManagers({ ...object, metadata: { ...object.metadata, managedFields } }, PATH)
}

it('owners of a field are told, latest first, those of other fields are not', () => {
  const fields = [
    { manager: 'helm', time: '2026-01-01T00:00:00Z', fieldsV1: owning },
    { fieldsV1: owning },
    { manager: 'scaler', time: '2026-01-03T00:00:00Z', fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
    { manager: 'kubectl', time: '2026-01-02T00:00:00Z', fieldsV1: owning },
    { manager: 'hosts', fieldsV1: { 'f:spec': { 'f:hosts': {} } } },
  ]
  expect(managersOf(fields)).toEqual([
    { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
    { manager: 'helm', time: '2026-01-01T00:00:00Z' },
    { manager: 'somebody' },
  ])
})

it('those of the same second keep their order', () => {
  const fields = ['a', 'b', 'c'].map((manager) => ({
    manager,
    time: '2026-01-01T00:00:00Z',
    fieldsV1: owning,
  }))
  expect(managersOf(fields)).toMatchObject([{ manager: 'a' }, { manager: 'b' }, { manager: 'c' }])
})

it('an object without managed fields has none', () => {
  expect(managersOf(undefined)).toEqual([])
  expect(managersOf([{ manager: 'old' }])).toEqual([])
})

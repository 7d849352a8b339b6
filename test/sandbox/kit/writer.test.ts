import { expect, it } from 'vitest'
import { writerOf } from '../../../sandbox/kit/writer.ts'

type Entry = [manager: string, time: string, ...fields: string[]]

function written(...entries: Entry[]) {
  const managedFields = entries.map(([manager, time, ...fields]) => ({
    manager,
    operation: 'Update',
    time,
    fieldsV1: { 'f:spec': Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  }))
  return { metadata: { managedFields } } as object
}

const before = written(['owner', '1', 'hosts', 'http'])

it('whoever took a field from another wrote', () => {
  expect(writerOf(before, written(['owner', '1', 'hosts'], ['sluice', '2', 'http']))).toBe('sluice')
})

it('whoever took a field back within the same second wrote, although the times say nothing', () => {
  const stolen = written(['owner', '1', 'hosts'], ['sluice', '1', 'http'])
  expect(writerOf(stolen, before)).toBe('owner')
})

it('whoever wrote its own fields again, a second later, wrote', () => {
  expect(writerOf(before, written(['owner', '2', 'hosts', 'http']))).toBe('owner')
})

it('nothing tells of a second write of the same manager in the same second', () => {
  expect(writerOf(before, before)).toBeUndefined()
})

it('a new object is its maker’s', () => {
  expect(writerOf(undefined, before)).toBe('owner')
})

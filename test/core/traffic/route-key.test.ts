import { expect, it } from 'vitest'
import { routeKey } from '../../../src/core/traffic/route.ts'
import { aVirtualService, to } from '../shop.ts'

it('a route without a name keeps its place in marks while copies of ours come and go in front of it', () => {
  const plain = aVirtualService([to('v1', 100)])
  const [{ name: _name, ...route }] = plain.spec.http as [{ name: string }]
  const own = { ...plain, spec: { ...plain.spec, http: [route, { ...route, name: 'second' }] } }
  const copy = { ...route, name: 'sluice-fault-abc1234-0' }
  const faulty = { ...own, spec: { ...own.spec, http: [copy, ...own.spec.http] } }
  expect([routeKey(own, 0), routeKey(own, 1)]).toEqual(['0', 'second'])
  expect([routeKey(faulty, 1), routeKey(faulty, 2)]).toEqual(['0', 'second'])
})

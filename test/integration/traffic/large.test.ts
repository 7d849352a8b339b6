import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { foreignErrors } from '../../../sandbox/load/index.ts'
import type { HttpRoute } from '../../../src/core/traffic/types.ts'
import { closeShop, openShop, release, releaseOver } from '../../e2e/harness.ts'
import { expectRefused, meshAsItStands } from '../preflight/bad-input.ts'
import { setRoutes } from '../preflight/mesh-edits.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

/** Names the managed route, and puts so many others around it, each with a match of so many characters. */
async function surround(shop: Shop, count: number, length: number): Promise<readonly HttpRoute[]> {
  const [primary] = (await shop.virtualService()).spec.http ?? []
  const others = Array.from({ length: count }, (_, index) => ({
    name: `other-${index}`,
    match: [{ headers: { [`x-team-${index}`]: { exact: `${index}`.padEnd(length, 'x') } } }],
    route: primary?.route,
  }))
  const half = Math.ceil(count / 2)
  await setRoutes(shop, [...others.slice(0, half), { ...primary, name: 'primary' }, ...others.slice(half)])
  const virtualServices = [{ name: 'reviews', routes: ['primary'] }]
  const existing = { virtualServices, destinationRule: { name: 'reviews' } }
  await shop.patchRollout({ traffic: { service: 'reviews', existing } })
  return (await shop.virtualService()).spec.http ?? []
}

function otherRoutes(http: readonly HttpRoute[] = []): readonly HttpRoute[] {
  return http.filter(({ name }) => name !== 'primary')
}

describe.concurrent('a VirtualService', () => {
  it.each([
    ['of 100 routes', 99, 10],
    ['of a megabyte', 20, 50_000],
  ])('%s is moved like any other, and keeps all of it', async (title, count, length) => {
    const open = await openShop(`large-${title.length}`)
    const { shop, load } = open
    const before = await surround(shop, count, length)
    await release(shop, 'v2')
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    const after = (await shop.virtualService()).spec.http
    expect(after?.map(({ name }) => name)).toEqual(before.map(({ name }) => name))
    expect(otherRoutes(after)).toEqual(otherRoutes(before))
    // Those of other people go on naming the old subset, which therefore stays.
    const { subsets } = (await shop.destinationRule()).spec
    expect(subsets?.map(({ labels }) => labels?.['version'])).toEqual(['v1', 'v2'])
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop(open)
  })

  it('that has no room for a mark is refused before anything is touched', async () => {
    const open = await openShop('large-full')
    const { shop } = open
    await surround(shop, 30, 50_000)
    await fill(shop)
    const before = await meshAsItStands(shop)
    await release(shop, 'v2')
    await expectRefused(shop, [`VirtualService ${shop.namespace}/reviews`, 'too large'])
    expect(await meshAsItStands(shop)).toEqual(before)
    await closeShop(open)
  })
})

/** Adds to a VirtualService until the API server takes nothing more. */
async function fill(shop: Shop): Promise<void> {
  for (let size = 65_536; size >= 64; size = Math.floor(size / 2)) {
    const http = (await shop.virtualService()).spec.http ?? []
    const match = [{ headers: { [`x-fill-${size}`]: { exact: 'x'.repeat(size) } } }]
    const more = { name: `fill-${size}`, match, route: http[0]?.route }
    await setRoutes(shop, [more, ...http]).catch(() => undefined)
  }
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Shop } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { closeShop, openShop } from '../../e2e/harness.ts'
import type { OpenShop } from '../../e2e/harness.ts'
import { backToStable, goesOnWhenMended, expectRefusedAtFirst } from './bad-input.ts'
import { MESH_CASES } from './mesh-cases.ts'
import { FIRST_CASES, OBJECT_CASES } from './object-cases.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const CASES = [...OBJECT_CASES, ...MESH_CASES]

let sluice: SluiceProcess
let open: OpenShop
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
  open = await openShop('preflight-objects')
})
afterAll(async () => {
  await closeShop(open)
  await sluice.stop()
})

describe('a release is refused, touches nothing, and goes on by itself when corrected, after', () => {
  afterEach(async () => backToStable(open.shop))

  it.each(CASES.map((bad, index) => ({ ...bad, version: `v${index + 2}` })))(
    '$title',
    async ({ version, ...bad }) => {
      expect(await goesOnWhenMended(open.shop, version, bad)).toBe('Reconciling/Preparing')
    },
  )
})

describe.concurrent(
  'a first release is refused, touches nothing, and goes on by itself when corrected, after',
  () => {
    it.each(FIRST_CASES.map((bad, index) => ({ ...bad, name: `preflight-first-${index}` })))(
      '$title',
      async ({ name, ...bad }) => {
        const shop = new Shop(workerSandbox(), `${name}-${Date.now().toString(36)}`)
        await expectRefusedAtFirst(shop, bad)
        await shop.close()
      },
    )
  },
)

it('a refusal is told once as an event, however often it is repeated', async () => {
  const told = (await open.shop.events()).filter(({ reason }) => reason === 'PreflightFailed')
  const messages = told.map(({ message }) => message)
  expect(messages.length).toBeGreaterThan(CASES.length)
  expect(messages).toEqual([...new Set(messages)])
})

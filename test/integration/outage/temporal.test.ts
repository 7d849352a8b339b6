import axios from 'axios'
import { afterEach, expect, inject, it } from 'vitest'
import { standing } from '../../../sandbox/kit/shop.ts'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { closeShop, meshOf, openShop, release, releaseOver } from '../../e2e/harness.ts'

let outage: Outage | undefined
let sluice: SluiceProcess | undefined
afterEach(async () => {
  await outage?.end()
  await sluice?.stop()
})

it('Temporal unreachable at start: the release waits as Reconciling, and goes on by itself', async () => {
  const env = inject('sandbox')
  outage = await outageOf(partOf(env, 'temporal'))
  sluice = await startSluice(env)
  const { url } = sluice
  const open = await openShop('outage-temporal') // nothing to release needs no engine
  const { shop } = open
  const before = await meshOf(shop)
  await release(shop, 'v2')
  const waiting = await shop.status(
    'it is told that Temporal is away',
    (status) => standing(status) === 'Reconciling/EngineUnreachable',
  )
  expect(waiting.message).toBe('Temporal cannot be used (the connection is refused); trying again')
  expect(waiting.stableVersion).toBe('v1')
  expect(await meshOf(shop)).toEqual(before)
  expect(await answerOf(`${url}/healthz`)).toMatchObject({ status: 200, data: { ok: true } })
  const problem = `the worker is not connected to Temporal at ${env.temporal}: the connection is refused`
  expect(await answerOf(`${url}/readyz`)).toMatchObject({
    status: 503,
    data: { ok: false, problems: [problem] },
  })

  await outage.end()
  const status = await releaseOver(shop, 'v2')
  expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
  await eventually('it is ready', async () => (await answerOf(`${url}/readyz`)).status === 200)
  await closeShop(open)
})

async function answerOf(url: string): Promise<{ status: number; data: unknown }> {
  const { status, data } = await axios.get<unknown>(url, { validateStatus: () => true })
  return { status, data }
}

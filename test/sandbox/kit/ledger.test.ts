import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import { Ledger } from '../../../sandbox/kit/ledger.ts'
import { portNames } from '../../../sandbox/parts/ports.ts'
import { temporaryFolder } from '../temporary.ts'

const ROUTES = '/registry/networking.istio.io/virtualservices/'

const base64 = (value: string) => Buffer.from(value).toString('base64')
const routeAt = (revision: number, weight: number, manager: string) => ({
  key: base64(`${ROUTES}shop/reviews`),
  mod_revision: String(revision),
  value: base64(
    JSON.stringify({
      kind: 'VirtualService',
      weight,
      metadata: { managedFields: [{ manager, time: weight }] },
    }),
  ),
})

/** What etcd answers, and the watch of VirtualServices that is open. */
let watch: ServerResponse
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as {
      key?: string
      create_request?: { key: string }
    }
    const isRoutes = [asked.key, asked.create_request?.key].includes(base64(ROUTES))
    if (asked.create_request === undefined) {
      const kvs = isRoutes ? [routeAt(5, 0, 'owner')] : []
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ header: { revision: '7' }, kvs }))
      return
    }
    if (isRoutes) watch = response
    response.write(`${JSON.stringify({ result: { created: true } })}\n`)
  })
})

let ledger: Ledger
beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const state = temporaryFolder()
  writeFileSync(
    join(state, 'ports.json'),
    JSON.stringify(Object.fromEntries(portNames.map((name) => [name, port]))),
  )
  ledger = await Ledger.begin({ state } as SandboxEnv)
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

function tell(...events: object[]): string {
  return `${JSON.stringify({ result: { events } })}\n`
}

it('has each version with the one before it and its writer, also where a message comes in pieces', async () => {
  const text =
    tell({ kv: routeAt(8, 20, 'sluice') }) +
    tell({ kv: routeAt(9, 50, 'sluice') }, { type: 'DELETE', kv: { ...routeAt(10, 0, ''), value: '' } })
  expect(ledger.now('VirtualService', 'shop', 'reviews')).toMatchObject({ weight: 0 })
  const isGone = () => ledger.now('VirtualService', 'shop', 'reviews') === undefined
  const gone = ledger.until('it is gone', isGone, 10_000)
  for (const piece of [text.slice(0, 30), text.slice(30, 200), text.slice(200)]) {
    watch.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await gone
  expect(ledger.changes).toMatchObject([
    { revision: 8, writer: 'sluice', before: { weight: 0 }, after: { weight: 20 } },
    { revision: 9, writer: 'sluice', before: { weight: 20 }, after: { weight: 50 } },
    { revision: 10, kind: 'VirtualService', namespace: 'shop', name: 'reviews', before: { weight: 50 } },
  ])
  ledger.stop()
})

it('says what it waited for in vain', async () => {
  await expect(ledger.until('pigs fly', () => false, 20)).rejects.toThrow('not within 20 ms: pigs fly')
  ledger.stop()
})

it.each([
  ['is cut off', () => watch.destroy()],
  ['ends', () => watch.end()],
  ['was too far behind', () => watch.write(`${JSON.stringify({ result: { canceled: true } })}\n`)],
])('has a gap, and tells everybody, when the watch %s', async (_, happen) => {
  happen()
  await expect(ledger.until('a change', () => false, 10_000)).rejects.toThrow(`the record of ${ROUTES} broke`)
  expect(() => ledger.changes).toThrow('broke')
  expect(() => ledger.now('VirtualService', 'shop', 'reviews')).toThrow('broke')
  expect(() => ledger.stop()).toThrow('broke')
})

it('tells whether it has come as far as what was written', async () => {
  const written = (resourceVersion: string) => ({
    metadata: { namespace: 'shop', name: 'reviews', resourceVersion },
  })
  const knows = (revision: string) => ledger.knows('VirtualService', written(revision))
  expect([knows('5'), knows('8')]).toEqual([true, false])
  watch.write(tell({ kv: routeAt(9, 50, 'sluice') }))
  await ledger.until('it has come so far', () => knows('8'), 10_000)
  expect(ledger.knows('DestinationRule', written('8'))).toBe(false)
  ledger.stop()
})

import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import type { Server } from 'node:tls'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { temporalClient, workerConnection } from '../../src/adapters/temporal/connection.ts'
import type { TemporalTls } from '../../src/adapters/temporal/connection.ts'
import { temporalEngine } from '../../src/adapters/temporal/engine.ts'
import { createWorkers } from '../../src/adapters/temporal/workers.ts'
import { authority } from '../adapters/temporal/certificates.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { ACTING, OBSERVING } from './kit/call.ts'
import { Stage } from './kit/stage.ts'

const ours = authority('ours')
const TLS: TemporalTls = { ca: ours.cert, client: ours.issue('sluice'), serverName: 'temporal.test' }
let proxy: Server
let address: string

/** The development server speaks no TLS: this ends it, and lets in only who has a certificate of ours. */
beforeAll(async () => {
  const [host = '', port = ''] = inject('temporal').address.split(':')
  const identity = ours.issue('temporal.test')
  const options = { ...identity, ca: ours.cert, requestCert: true, rejectUnauthorized: true }
  proxy = createServer({ ...options, ALPNProtocols: ['h2'] }, (outside) => {
    const inside = connect(Number(port), host)
    outside.pipe(inside).pipe(outside)
    outside.on('error', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
})
afterAll(() => {
  proxy.close()
})

it('a release is started and carried out over TLS with client certificates', async () => {
  const stage = await Stage.open(inject('temporal'))
  const { namespace, bundle } = stage
  const temporal = { address, namespace, tls: TLS }
  const unwanted = (error: unknown) => expect.fail(String(error))
  const connection = await workerConnection(temporal, unwanted, new AbortController().signal)
  if (connection === undefined) throw new Error('there is no connection')
  const crew = await stage.work(async () =>
    createWorkers(connection.native, namespace, {
      bundle,
      acting: stage.activities(ACTING),
      observing: stage.activities(OBSERVING),
    }),
  )
  const client = temporalClient(temporal)
  const release = stage.release({ plan: QUICK })
  await temporalEngine(client, 'test').deliver(release.rollout, release.wanted)
  expect((await release.ended()).ended?.result).toBe('Promoted')
  await crew.stop()
  await connection.close()
  await client.connection.close()
  await stage.close()
})

it('without a client certificate nothing is started, and it is told what is missing', async () => {
  const { client: _, ...withoutClient } = TLS
  const client = temporalClient({ address, namespace: 'default', tls: withoutClient })
  const stage = await Stage.open(inject('temporal'))
  const { rollout, wanted } = stage.release()
  const delivery = temporalEngine(client, 'test').deliver(rollout, wanted)
  await expect(delivery).rejects.toThrow(/a client certificate/)
  await client.connection.close()
  await stage.close()
})

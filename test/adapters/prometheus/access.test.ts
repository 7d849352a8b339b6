import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PrometheusSettings, PrometheusTls } from '../../../src/adapters/prometheus/settings.ts'
import { prometheusClient } from '../../../src/adapters/prometheus/source.ts'
import { authority } from '../temporal/certificates.ts'
import { PrometheusServer, SERVICE } from './server.ts'

const QUERY = { service: SERVICE, fromMs: 0, toMs: 10_000 }

describe('each query', () => {
  let server: PrometheusServer
  beforeEach(async () => {
    server = new PrometheusServer()
    await server.start()
  })
  afterEach(async () => server.stop())

  const asked = async (settings: Omit<PrometheusSettings, 'url'>, path = '') => {
    await prometheusClient({ url: `${server.url}${path}`, ...settings }).requests(QUERY)
    return server.asked
  }

  it('carries the headers that are set', async () => {
    expect(await asked({ headers: { 'X-Scope-OrgID': 'shop' } })).toMatchObject([
      {
        headers: {
          'x-scope-orgid': 'shop',
          'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
        },
      },
    ])
  })

  it('carries the credentials as they are then', async () => {
    let token = 'one'
    const source = prometheusClient({ url: server.url, authorization: () => `Bearer ${token}` })
    await source.requests(QUERY)
    token = 'two'
    await source.requests(QUERY)
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two'])
  })

  it('carries none without them', async () => {
    const [first] = await asked({})
    expect(first?.headers.authorization).toBeUndefined()
  })

  it.each(['/select/0/prometheus', '/select/0/prometheus/'])('goes below the path %s', async (path) => {
    expect(await asked({}, path)).toMatchObject([{ path: '/select/0/prometheus/api/v1/query' }])
  })

  it('takes no part of the data for the whole', async () => {
    expect(await asked({})).toMatchObject([
      { method: 'POST', params: { partial_response: 'false', deny_partial_response: '1', timeout: '5s' } },
    ])
  })
})

describe('TLS', () => {
  const ours = authority('ours')
  const others = authority('others')
  const NAME = 'prometheus.test'
  const server = new PrometheusServer({
    ...ours.issue(NAME),
    ca: ours.cert,
    requestCert: true,
    rejectUnauthorized: true,
  })
  const GOOD: PrometheusTls = { ca: ours.cert, client: ours.issue('sluice'), serverName: NAME }
  // What of the end of a connection arrives first is a matter of chance.
  const REFUSED = /^(it wants a client certificate, or does not trust the one that it gets|ECONNRESET|EPIPE)/
  const { client: _, ...WITHOUT_CLIENT } = GOOD
  const { serverName: __, ...WITHOUT_NAME } = GOOD

  beforeAll(async () => server.start())
  afterAll(async () => server.stop())

  const reached = async (tls: PrometheusTls) => prometheusClient({ url: server.url, tls }).requests(QUERY)

  it('with the right authority, name and client certificate: it answers', async () => {
    expect(await reached(GOOD)).toEqual([])
  })

  it.each<[string, PrometheusTls, RegExp]>([
    [
      'another authority',
      { ...GOOD, ca: others.cert },
      /^its certificate is of an authority that is not trusted/,
    ],
    ['another name', WITHOUT_NAME, /^its certificate is for another name than that of the URL/],
    ['no client certificate', WITHOUT_CLIENT, REFUSED],
    ['a stranger’s', { ...GOOD, client: others.issue('x') }, REFUSED],
  ])('with %s: it is told', async (_what, tls, said) => {
    await expect(reached(tls)).rejects.toThrow(said)
  })

  it('where plain text is spoken: it is told', async () => {
    const plain = new PrometheusServer()
    const url = (await plain.start()).replace('http:', 'https:')
    await expect(prometheusClient({ url }).requests(QUERY)).rejects.toThrow('it does not speak TLS')
    await plain.stop()
  })
})

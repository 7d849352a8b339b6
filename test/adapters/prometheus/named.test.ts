import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NamedSources } from '../../../src/adapters/prometheus/named.ts'
import type { PrometheusSettings } from '../../../src/adapters/prometheus/settings.ts'
import { addressGuard } from '../../../src/adapters/web/addresses.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { PrometheusAccess } from '../../../src/core/analysis/access.ts'
import { authority } from '../temporal/certificates.ts'
import { PrometheusServer, SERVICE, counter } from './server.ts'

const QUERY = { service: SERVICE, fromMs: 0, toMs: 10_000 }
/** What the controller knows of its own Prometheus. */
const COMMON: PrometheusSettings = {
  url: 'http://127.0.0.1:9',
  headers: { 'X-Scope-OrgID': 'controller', 'X-Team': 'platform' },
  authorization: () => 'Bearer of-the-controller',
}
const NOTHING: PrometheusAccess = { headers: {}, credentials: {} }

let server: PrometheusServer

beforeEach(async () => {
  server = new PrometheusServer()
  await server.start()
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await server.stop()
})

function sources(common: Partial<PrometheusSettings> = {}): NamedSources {
  return new NamedSources({ common: { ...COMMON, ...common }, guard: addressGuard({ allowsLoopback: true }) })
}

const accessTo = (changes: Partial<PrometheusAccess> = {}): PrometheusAccess => ({
  ...NOTHING,
  url: server.url,
  ...changes,
})

const tenant = (name: string): Partial<PrometheusAccess> => ({ headers: { 'X-Scope-OrgID': name } })

/** Each tenant has its own data. */
function byTenant(): void {
  const series = server.series
  server.answer = (response, asked) => {
    const found = series.filter(({ metric }) => metric['tenant'] === asked.headers['x-scope-orgid'])
    server.series = found
    server.succeed(response, asked)
  }
}

describe('a Prometheus that Rollouts name', () => {
  it('answers each tenant with its own data, and never one with that of the other', async () => {
    server.series = ['shop', 'edge'].map((name, index) =>
      counter({ tenant: name, destination_version: name, response_code: '200' }, 1000, [index, 10 * index]),
    )
    byTenant()
    const named = sources()
    const versions = async (name: string) =>
      (await named.open(accessTo(tenant(name))).metrics.requests(QUERY)).map(({ version }) => version)
    expect(await Promise.all(['shop', 'edge', 'shop', 'other'].map(versions))).toEqual([
      ['shop'],
      ['edge'],
      ['shop'],
      [],
    ])
    expect(named.size).toBe(3)
  })

  it('is asked once for all who are let in alike, whatever the order of their headers', async () => {
    const named = sources()
    const both = [
      { 'X-Scope-OrgID': 'shop', 'X-Team': 'a' },
      { 'X-Team': 'a', 'X-Scope-OrgID': 'shop' },
    ].map((headers) => named.open(accessTo({ headers, credentials: { token: 'one' } })))
    await Promise.all(both.map(async ({ metrics }) => metrics.requests(QUERY)))
    expect(server.asked).toHaveLength(1)
    expect(named.size).toBe(1)
  })

  it.each<[string, Partial<PrometheusAccess>, string | undefined]>([
    ['its token', { credentials: { token: 'abc' } }, 'Bearer abc'],
    [
      'its user and password',
      { credentials: { user: { name: 'shop', password: 'a:b' } } },
      `Basic ${Buffer.from('shop:a:b').toString('base64')}`,
    ],
    ['nothing where it has no Secret', {}, undefined],
  ])('is told %s, and nothing of the controller’s', async (_what, changes, authorization) => {
    const { metrics, queries } = sources().open(accessTo(changes))
    await metrics.requests(QUERY)
    await queries.number('up')
    await queries.names().catch(() => [])
    expect(server.asked).toHaveLength(3)
    for (const { headers } of server.asked) {
      expect(headers.authorization).toBe(authorization)
      expect(headers['x-scope-orgid']).toBeUndefined()
      expect(headers['x-team']).toBeUndefined()
    }
  })

  it('is the controller’s without a URL, and is told nothing of the controller’s all the same', async () => {
    const { metrics } = sources({ url: server.url }).open({ ...NOTHING, ...tenant('shop') })
    await metrics.requests(QUERY)
    expect(server.asked[0]?.headers).toMatchObject({ 'x-scope-orgid': 'shop' })
    expect(server.asked[0]?.headers).not.toHaveProperty('authorization')
    expect(server.asked[0]?.headers).not.toHaveProperty('x-team')
  })

  it('is asked with a new token as soon as its Secret has one', async () => {
    const named = sources()
    for (const token of ['one', 'two'])
      await named.open(accessTo({ credentials: { token } })).metrics.requests(QUERY)
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two'])
  })

  it('is asked without the proxy of the environment, which would resolve its name itself', async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9')
    vi.stubEnv('no_proxy', '')
    expect(await sources().open(accessTo()).metrics.requests(QUERY)).toEqual([])
  })

  it('that is left alone after failures keeps no other from being asked', async () => {
    server.answer = (response, asked) => {
      if (asked.headers['x-scope-orgid'] !== 'bad') return server.succeed(response, asked)
      response.statusCode = 503
      return response.end()
    }
    const named = sources()
    const ask = async (name: string) => named.open(accessTo(tenant(name))).metrics.requests(QUERY)
    for (let time = 0; time < 3; time += 1) await expect(ask('bad')).rejects.toThrow('it answered 503')
    await expect(ask('bad')).rejects.toThrow('it is asked again at')
    expect(server.asked).toHaveLength(3)
    expect(await ask('good')).toEqual([])
  })

  it('tells of its queries, and nothing of whether the controller’s is left alone', async () => {
    const watcher = { queried: vi.fn<() => void>(), resting: vi.fn<() => void>() }
    const named = new NamedSources({
      common: COMMON,
      guard: addressGuard({ allowsLoopback: true }),
      watcher,
    })
    server.answer = (response) => response.writeHead(503).end()
    for (let time = 0; time < 3; time += 1)
      await expect(named.open(accessTo()).metrics.requests(QUERY)).rejects.toThrow(ProviderError)
    expect(watcher.queried).toHaveBeenCalledTimes(3)
    expect(watcher.resting).not.toHaveBeenCalled()
  })
})

describe('what is kept of them', () => {
  it('is dropped when nobody asked for five minutes', () => {
    vi.useFakeTimers()
    const named = sources()
    const first = named.open(accessTo())
    named.open(accessTo(tenant('shop')))
    vi.advanceTimersByTime(299_000)
    expect(named.open(accessTo())).toBe(first)
    vi.advanceTimersByTime(2000)
    expect(named.size).toBe(1)
    expect(named.open(accessTo())).toBe(first)
    vi.advanceTimersByTime(300_000)
    expect(named.size).toBe(0)
  })

  it('is bounded: the one that was asked for longest ago goes first, and still answers who has it', async () => {
    const named = sources()
    const open = (index: number) => named.open(accessTo(tenant(`tenant-${index}`)))
    const [first, second] = [open(0), open(1)]
    for (let index = 2; index < 100; index += 1) open(index)
    expect(open(0)).toBe(first)
    open(100)
    expect(named.size).toBe(100)
    expect(open(0)).toBe(first)
    expect(await second.metrics.requests(QUERY)).toEqual([])
    expect(open(1)).not.toBe(second)
  })

  const dropAll = (named: NamedSources) => {
    for (let index = 0; index < 100; index += 1) named.open(accessTo(tenant(`tenant-${index}`)))
  }

  it('holds no connection after it was dropped', async () => {
    const closed = closedConnection()
    const named = sources()
    await named.open(accessTo()).metrics.requests(QUERY)
    dropAll(named)
    expect(await closed).toBe('closed')
  })

  it('holds none, either, that had a query under way when it was dropped, which is answered', async () => {
    const closed = closedConnection()
    const named = sources()
    const arrived = Promise.withResolvers<() => void>()
    server.answer = (response, asked) => arrived.resolve(() => server.succeed(response, asked))
    const asked = named.open(accessTo()).metrics.requests(QUERY)
    const answer = await arrived.promise
    dropAll(named)
    answer()
    expect(await asked).toEqual([])
    expect(await closed).toBe('closed')
  })
})

async function closedConnection(): Promise<unknown> {
  return new Promise((resolve) => {
    server.onConnection((socket) => socket.once('close', () => resolve('closed')))
  })
}

describe('a Prometheus that nobody can ask so', () => {
  const ours = authority('ours')
  const SHOP = ours.issue('shop')
  const HTTPS = 'https://mimir.example.com'

  it.each([
    ['http://169.254.169.254/latest', 'url is refused: 169.254.169.254 is link-local'],
    ['http://127.0.0.1:9090', "url is refused: 127.0.0.1 is Sluice's own machine"],
    ['http://0x7f.1:9090', "url is refused: 127.0.0.1 is Sluice's own machine"],
    ['http://[::ffff:169.254.169.254]', 'is link-local'],
    ['http://300.300.300.300', 'url is refused: Invalid URL, found "http://300.300.300.300"'],
  ])('since its URL is %s: it is told before anything is sent', (url, said) => {
    const guarded = new NamedSources({ common: COMMON, guard: addressGuard({}) })
    expect(() => guarded.open({ ...NOTHING, url })).toThrow(ProviderError)
    expect(() => guarded.open({ ...NOTHING, url })).toThrow(said)
    expect(guarded.size).toBe(0)
  })

  it('since its name leads to the machine itself: it is told, and not asked', async () => {
    const guarded = new NamedSources({ common: COMMON, guard: addressGuard({}) })
    const url = server.url.replace('127.0.0.1', 'localhost')
    const { metrics, queries } = guarded.open({ ...NOTHING, url })
    await expect(metrics.requests(QUERY)).rejects.toThrow(/localhost resolves to .* is Sluice's own machine/)
    expect(await queries.number('up')).toMatchObject({
      kind: 'ProviderError',
      reason: expect.stringContaining("is Sluice's own machine") as string,
    })
    expect(server.asked).toEqual([])
  })

  it.each<[string, Partial<PrometheusAccess>, string]>([
    [
      'the URL is plain',
      { url: 'http://mimir', credentials: { ca: ours.cert.toString() } },
      'does not begin with https:',
    ],
    [
      'the authority is none',
      { credentials: { ca: 'secret' } },
      'ca.crt of its Secret is no certificate in PEM form',
    ],
    [
      'the certificate is none',
      { credentials: { client: { cert: 'secret', key: SHOP.key.toString() } } },
      'tls.crt of its Secret is no certificate',
    ],
    [
      'the key is none',
      { credentials: { client: { cert: SHOP.cert.toString(), key: 'secret' } } },
      'tls.key of its Secret is no private key',
    ],
    [
      'the key is that of another',
      { credentials: { client: { cert: SHOP.cert.toString(), key: ours.issue('x').key.toString() } } },
      'tls.key of its Secret is not the key of tls.crt',
    ],
  ])('since %s: it is told, without what is secret', (_why, changes, said) => {
    const open = () => sources().open({ ...NOTHING, url: HTTPS, ...changes })
    expect(open).toThrow(ProviderError)
    expect(open).toThrow(said)
    expect(open).not.toThrow('secret')
  })
})

describe('TLS', () => {
  const ours = authority('ours')
  const NAME = 'mimir.test'
  const secure = new PrometheusServer({
    ...ours.issue(NAME),
    ca: ours.cert,
    requestCert: true,
    rejectUnauthorized: true,
  })
  const client = ours.issue('shop')
  const ca = ours.cert.toString()
  const own = { cert: client.cert.toString(), key: client.key.toString() }

  beforeEach(async () => secure.start())
  afterEach(async () => secure.stop())

  it('is spoken with the certificates of the Secret', async () => {
    const { metrics } = sources().open({
      url: secure.url,
      serverName: NAME,
      headers: {},
      credentials: { ca, client: own },
    })
    expect(await metrics.requests(QUERY)).toEqual([])
  })

  it('trusts what the controller trusts at its own URL, and never shows the controller’s certificate', async () => {
    const common = {
      url: secure.url,
      tls: { ca: ours.cert, serverName: NAME, client: ours.issue('controller') },
    }
    const reached = async (credentials: PrometheusAccess['credentials']) =>
      sources(common).open({ headers: {}, credentials }).metrics.requests(QUERY)
    expect(await reached({ client: own })).toEqual([])
    await expect(reached({ token: 'abc' })).rejects.toThrow(
      /^(it wants a client certificate, or does not trust|ECONNRESET|EPIPE)/,
    )
  })
})

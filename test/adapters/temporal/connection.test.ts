import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { temporalClient, workerConnection } from '../../../src/adapters/temporal/connection.ts'
import type { TemporalAddress, TemporalTls } from '../../../src/adapters/temporal/connection.ts'
import { readableError } from '../../../src/adapters/temporal/errors.ts'
import { quiet } from '../../workflows/kit/quiet.ts'
import { authority } from './certificates.ts'
import { Peer } from './peer.ts'

const ours = authority('ours')
const others = authority('others')
const server = ours.issue('temporal.test')
const GOOD: TemporalTls = { ca: ours.cert, client: ours.issue('sluice'), serverName: 'temporal.test' }
const { ca: _, ...WITHOUT_CA } = GOOD
const { client: __, ...WITHOUT_CLIENT } = GOOD
const { serverName: ___, ...WITHOUT_NAME } = GOOD

const NOT_TRUSTED =
  'its certificate is of an authority that is not trusted here; the CA file must hold that authority'
const OTHER_NAME =
  'its certificate is for another name than that of the address; set the server name that it has'
const ENDED =
  /^it (wants a client certificate|does not trust the client certificate|ends the connection at once: .*)$/

const plain = new Peer()
const strict = new Peer({ ...server, ca: ours.cert, requestCert: true, rejectUnauthorized: true })
const addresses = { plain: '', strict: '', gone: '' }

beforeAll(async () => {
  quiet()
  addresses.plain = await plain.start()
  addresses.strict = await strict.start()
  const gone = new Peer()
  addresses.gone = await gone.start()
  await gone.stop()
})
afterAll(async () => {
  await plain.stop()
  await strict.stop()
})

const unwanted = (error: unknown) => expect.fail(String(error))

type Settings = Omit<TemporalAddress, 'namespace' | 'address'> & { readonly peer: keyof typeof addresses }

function addressOf({ peer, ...settings }: Settings): TemporalAddress {
  return { address: addresses[peer], namespace: 'sluice', ...settings }
}

/** What the client says of a request; "answered" when all is well. */
async function askAsClient(settings: Settings): Promise<string> {
  const client = temporalClient(addressOf(settings))
  try {
    await client.withDeadline(Date.now() + 5_000, async () =>
      client.workflowService.describeNamespace({ namespace: 'sluice' }),
    )
    return 'answered'
  } catch (error) {
    return readableError(error, 'sluice').message
  } finally {
    await client.connection.close()
  }
}

/** What the worker's connection says; "answered" when all is well. */
async function askAsWorker(settings: Settings): Promise<string> {
  const given = new AbortController()
  let said = 'answered'
  const onFailure = (error: unknown) => {
    said = readableError(error, 'sluice').message
    given.abort()
  }
  const connection = await workerConnection(addressOf(settings), onFailure, given.signal)
  await connection?.close()
  return said
}

describe.each([
  ['client', askAsClient],
  ['worker', askAsWorker],
])("the %s's connection", (_role, ask) => {
  it('is made with the right authority, name and client certificate', async () => {
    expect(await ask({ peer: 'strict', tls: GOOD })).toBe('answered')
  })

  it('is made with one of several authorities in a file', async () => {
    const both = Buffer.concat([others.cert, ours.cert])
    expect(await ask({ peer: 'strict', tls: { ...GOOD, ca: both } })).toBe('answered')
  })

  // How the other side ends a connection, and which of it arrives first, is a matter of chance.
  it.each<[string, Settings, string | RegExp]>([
    ['another authority', { peer: 'strict', tls: { ...GOOD, ca: others.cert } }, NOT_TRUSTED],
    ['the authorities of the system only', { peer: 'strict', tls: WITHOUT_CA }, NOT_TRUSTED],
    ['another name', { peer: 'strict', tls: WITHOUT_NAME }, OTHER_NAME],
    ['no client certificate', { peer: 'strict', tls: WITHOUT_CLIENT }, ENDED],
    [
      'a client certificate of a stranger',
      { peer: 'strict', tls: { ...GOOD, client: others.issue('sluice') } },
      ENDED,
    ],
    ['plain text where TLS is spoken', { peer: 'strict' }, ENDED],
    ['an address at which nobody listens', { peer: 'gone', tls: GOOD }, 'the connection is refused'],
    ['TLS where plain text is spoken', { peer: 'plain', tls: GOOD }, 'it does not speak TLS'],
  ])('says what is wrong with %s', async (_what, settings, said) => {
    expect(await ask(settings)).toMatch(said)
  })

  it('sends the API key with each request', async () => {
    const before = plain.authorizations.length
    expect(await ask({ peer: 'plain', apiKey: () => 'key-1' })).toBe('answered')
    const sent = plain.authorizations.slice(before)
    expect(sent.length).toBeGreaterThan(0)
    expect(new Set(sent)).toEqual(new Set(['Bearer key-1']))
  })

  it('sends none without one', async () => {
    const before = plain.authorizations.length
    await ask({ peer: 'plain' })
    expect(new Set(plain.authorizations.slice(before))).toEqual(new Set([undefined]))
  })

  it.each([
    ['16', 'it does not know who asks: the API key or the client certificate is missing or not valid'],
    ['7', 'it denies the permission: the API key or the client certificate is not for this namespace'],
  ])('says that a key is refused (gRPC status %s), without the key', async (status, said) => {
    plain.status = status
    expect(await ask({ peer: 'plain', apiKey: () => 'key-1' })).toBe(said)
    plain.status = '0'
  })
})

describe('an API key that was replaced', () => {
  let key = 'old'
  const settings: Settings = { peer: 'plain', apiKey: () => key }
  const lastSent = () => plain.authorizations.at(-1)

  it('is sent by the client from the next request on', async () => {
    key = 'old'
    const client = temporalClient(addressOf(settings))
    await client.workflowService.getSystemInfo({})
    key = 'new'
    await client.workflowService.getSystemInfo({})
    expect(lastSent()).toBe('Bearer new')
    await client.connection.close()
  })

  it('is sent by the worker within a minute', async () => {
    key = 'old'
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const connection = await workerConnection(addressOf(settings), unwanted, new AbortController().signal)
    expect(lastSent()).toBe('Bearer old')
    key = 'new'
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    await connection?.native.workflowService.getSystemInfo({})
    expect(lastSent()).toBe('Bearer new')
    await connection?.close()
  })
})

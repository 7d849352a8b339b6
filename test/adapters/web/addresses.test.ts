import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { RefusedAddress, guardedLookup, refusalOf, refuseHost } from '../../../src/adapters/web/addresses.ts'

const REFUSED = [
  '169.254.169.254',
  '169.254.0.1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:169.254.169.254',
  '::169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
]
const OWN = ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::']
const ALLOWED = [
  '10.96.0.10',
  '192.168.1.1',
  '172.16.0.1',
  '93.184.216.34',
  'fd12::1',
  '2001:db8::1',
  '64:ff9b::808:808',
]

describe('an address', () => {
  it.each([...REFUSED, ...OWN])('%s is refused', (address) => {
    expect(refusalOf(address, {})).toContain(address)
  })

  it.each(ALLOWED)('%s is allowed', (address) => {
    expect(refusalOf(address, {})).toBeUndefined()
  })

  it.each(OWN)('%s is allowed where loopback is', (address) => {
    expect(refusalOf(address, { allowsLoopback: true })).toBeUndefined()
  })

  it.each(REFUSED)('%s is refused even there', (address) => {
    expect(refusalOf(address, { allowsLoopback: true })).toBeDefined()
  })
})

describe('the host of a URL', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://[fe80::1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://169.254.43518/',
    'http://127.1/',
    'http://0/',
  ])('is refused in every writing: %s', (url) => {
    expect(() => refuseHost(new URL(url), {})).toThrow(RefusedAddress)
  })

  it('is left to the resolver where it is a name', () => {
    expect(() => refuseHost(new URL('http://metadata.google.internal/'), {})).not.toThrow()
  })
})

describe('the lookup of a name', () => {
  type Answer = LookupAddress[] | Error

  async function look(answer: Answer, all: boolean): Promise<unknown[]> {
    const resolver = ((_: string, __: object, done: (error: Error | null, found: LookupAddress[]) => void) =>
      answer instanceof Error ? done(answer, []) : done(null, answer)) as never
    const { promise, resolve } = Promise.withResolvers<unknown[]>()
    guardedLookup({}, resolver)('metrics.example.com', { all }, (...result) => resolve(result))
    return promise
  }

  it('gives what was found', async () => {
    const found = [{ address: '10.0.0.1', family: 4 }]
    expect(await look(found, true)).toEqual([null, found])
    expect(await look(found, false)).toEqual([null, '10.0.0.1', 4])
  })

  it('refuses a name of which any address is refused, whichever would be tried first', async () => {
    const found = [
      { address: '10.0.0.1', family: 4 },
      { address: '::ffff:a9fe:a9fe', family: 6 },
    ]
    const [error] = await look(found, true)
    expect(error).toBeInstanceOf(RefusedAddress)
    expect(String(error)).toContain('metrics.example.com resolves to ::ffff:a9fe:a9fe is link-local')
  })

  it('passes on that there is no such name', async () => {
    expect(await look(new Error('ENOTFOUND'), true)).toEqual([new Error('ENOTFOUND'), []])
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { authority } from '../adapters/temporal/certificates.ts'

type Env = Readonly<Record<string, string>>

/** What comes of an environment: how Prometheus is reached, or the problem. */
interface Reached {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly authorizations?: readonly string[]
  readonly tls?: { readonly ca: boolean; readonly client: boolean; readonly serverName?: string }
  readonly problem?: string
}

// Nobody imports main, tests neither: it is asked in a process of its own. The credentials are asked for twice: first as
// they are, then after their file was written anew.
const program = `
  const { writeFileSync } = await import('node:fs')
  const { readConfig } = await import(process.argv[1] + '/config.ts')
  const { prometheusOf } = await import(process.argv[1] + '/prometheus.ts')
  const reached = (env) => {
    try {
      const { url, headers, authorization, tls } = prometheusOf(readConfig(env))
      const first = authorization?.()
      const file = env.SLUICE_PROMETHEUS_TOKEN_FILE ?? env.SLUICE_PROMETHEUS_PASSWORD_FILE
      if (file) writeFileSync(file, process.argv[3])
      return {
        url,
        headers,
        ...(tls && { tls: { ...tls, ca: tls.ca !== undefined, client: tls.client !== undefined } }),
        ...(authorization && { authorizations: [first, authorization()] }),
      }
    } catch (error) {
      return { problem: error.message }
    }
  }
  console.log(JSON.stringify(reached(JSON.parse(process.argv[2]))))`

function reachedBy(env: Env, later = ''): Reached {
  const named = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [`SLUICE_PROMETHEUS_${name}`, value]),
  )
  const main = join(projectRoot, 'src/main')
  const args = ['--input-type=module', '--eval', program, main, JSON.stringify(named), later]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Reached
}

const ours = authority('ours')
const sluice = ours.issue('sluice')
const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'))
const file = (name: string) => join(folder, name)
const URL = 'https://mimir.example.com/prometheus'
const FILES = { URL, CERT_FILE: file('tls.crt'), KEY_FILE: file('tls.key') }
const USER = { USER: 'sluice', PASSWORD_FILE: file('secret') }
const basic = (password: string) => `Basic ${Buffer.from(`sluice:${password}`).toString('base64')}`

beforeAll(() => {
  writeFileSync(file('ca.crt'), ours.cert)
  writeFileSync(file('tls.crt'), sluice.cert)
  writeFileSync(file('tls.key'), sluice.key)
  writeFileSync(file('other.key'), ours.issue('other').key)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('Prometheus is reached', () => {
  it.each<[string, Env, Reached]>([
    ['in plain text, if nothing is said', {}, { url: 'http://127.0.0.1:9090', headers: {} }],
    ['below a path', { URL }, { url: URL, headers: {} }],
    [
      'for a tenant, with headers',
      { TENANT: 'shop', HEADERS: ' X-Team=a=b c, X-Other=1,' },
      {
        url: 'http://127.0.0.1:9090',
        headers: { 'X-Scope-OrgID': 'shop', 'X-Team': 'a=b c', 'X-Other': '1' },
      },
    ],
    [
      'with an authority and under another name',
      { URL, CA_FILE: file('ca.crt'), SERVER_NAME: 'prometheus.test' },
      { url: URL, headers: {}, tls: { ca: true, client: false, serverName: 'prometheus.test' } },
    ],
    ['with a client certificate', FILES, { url: URL, headers: {}, tls: { ca: false, client: true } }],
  ])('%s', (_, env, expected) => {
    expect(reachedBy(env)).toEqual(expected)
  })

  it.each<[string, Env, string, readonly string[]]>([
    ['a token', { TOKEN_FILE: file('secret') }, 'new\n', ['Bearer old', 'Bearer new']],
    [
      'the old token, while its file holds none',
      { TOKEN_FILE: file('secret') },
      '',
      ['Bearer old', 'Bearer old'],
    ],
    ['a password', USER, 'new', [basic('old'), basic('new')]],
  ])('with %s, as its file has it now', (_, env, later, used) => {
    writeFileSync(file('secret'), 'old\n')
    expect(reachedBy(env, later).authorizations).toEqual(used)
  })
})

describe('at once it is told', () => {
  it.each<[string, Env, string]>([
    [
      'that a certificate lacks its key',
      { URL, CERT_FILE: file('tls.crt') },
      'KEY_FILE: must be set beside SLUICE_PROMETHEUS_CERT_FILE, found ""',
    ],
    [
      'that a password lacks its user',
      { PASSWORD_FILE: file('tls.key') },
      'USER: must be set beside SLUICE_PROMETHEUS_PASSWORD_FILE, found ""',
    ],
    [
      'that there are token and user',
      { ...USER, TOKEN_FILE: file('tls.key') },
      'USER: must be empty, since SLUICE_PROMETHEUS_TOKEN_FILE is set, found "sluice"',
    ],
    [
      'that TLS needs another URL',
      { CA_FILE: '/ca' },
      'CA_FILE: must be empty, since SLUICE_PROMETHEUS_URL does not begin with https:, found "/ca"',
    ],
    [
      'that the tenant is named twice',
      { TENANT: 'a', HEADERS: 'x-scope-orgid=b' },
      'TENANT: must be empty, since SLUICE_PROMETHEUS_HEADERS has X-Scope-OrgID, found "a"',
    ],
    [
      'that a header is none, without showing it',
      { HEADERS: 'geheim' },
      'HEADERS: must be name=value, separated by commas, like X-Team=shop, other than authorization, content-length, content-type, host, found something else',
    ],
    [
      'that a header has a setting of its own',
      { HEADERS: 'Authorization=geheim' },
      'HEADERS: must be name=value, separated by commas, like X-Team=shop, other than authorization, content-length, content-type, host, found something else',
    ],
    [
      'that a user is no part of the URL, without showing the password',
      { URL: 'http://me:geheim@prometheus' },
      'URL: must be a URL without a user: set SLUICE_PROMETHEUS_USER and SLUICE_PROMETHEUS_PASSWORD_FILE, found "http://…@prometheus"',
    ],
    ['that a user cannot be one', { ...USER, USER: 'a:b' }, 'USER: must not contain a colon, found "a:b"'],
  ])('%s', (_, env, said) => {
    expect(reachedBy(env).problem).toBe(`the configuration is not valid:\n  SLUICE_PROMETHEUS_${said}`)
  })

  it.each<[string, Env, string]>([
    [
      'that a file is not there',
      { TOKEN_FILE: '/nowhere/token' },
      'TOKEN_FILE: cannot read /nowhere/token: ENOENT',
    ],
    [
      'that a file holds no certificate',
      { URL, CA_FILE: file('tls.key') },
      'CA_FILE: holds no certificate in PEM form',
    ],
    [
      'that a key is of another certificate',
      { ...FILES, KEY_FILE: file('other.key') },
      'KEY_FILE: its key is not that of the certificate in SLUICE_PROMETHEUS_CERT_FILE',
    ],
    [
      'that a file holds no token',
      { TOKEN_FILE: file('tls.key') },
      'TOKEN_FILE: holds no token: one line of printable characters',
    ],
  ])('%s', (_, env, said) => {
    expect(reachedBy(env).problem).toBe(`SLUICE_PROMETHEUS_${said}`)
  })
})

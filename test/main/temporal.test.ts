import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { authority } from '../adapters/temporal/certificates.ts'
import { runSluice } from './run-sluice.ts'

type Env = Readonly<Record<string, string>>

/** What comes of an environment: how Temporal is reached, or the problem. */
interface Reached {
  readonly tls?: { readonly ca: boolean; readonly client: boolean; readonly serverName?: string }
  readonly apiKeys?: readonly string[]
  readonly problem?: string
}

// Nobody imports main, tests neither: it is asked in a process of its own. The API key is asked for twice: first as it
// is, then after its file was written anew.
const program = `
  const { writeFileSync } = await import('node:fs')
  const { readConfig } = await import(process.argv[1] + '/config.ts')
  const { temporalOf } = await import(process.argv[1] + '/temporal.ts')
  const reached = (env) => {
    try {
      const { tls, apiKey } = temporalOf(readConfig(env))
      const first = apiKey?.()
      if (env.SLUICE_TEMPORAL_API_KEY_FILE) writeFileSync(env.SLUICE_TEMPORAL_API_KEY_FILE, process.argv[3])
      return {
        ...(tls && { tls: { ...tls, ca: tls.ca !== undefined, client: tls.client !== undefined } }),
        ...(apiKey && { apiKeys: [first, apiKey()] }),
      }
    } catch (error) {
      return { problem: error.message }
    }
  }
  console.log(JSON.stringify(reached(JSON.parse(process.argv[2]))))`

function reachedBy(env: Env, laterKey = ''): Reached {
  const main = join(projectRoot, 'src/main')
  const args = ['--input-type=module', '--eval', program, main, JSON.stringify(env), laterKey]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Reached
}

const ours = authority('ours')
const sluice = ours.issue('sluice')
const folder = mkdtempSync(join(tmpdir(), 'sluice-temporal-'))
const file = (name: string) => join(folder, name)
const [ca, cert, key, otherKey] = ['ca.crt', 'tls.crt', 'tls.key', 'other.key'].map(file) as [
  string,
  string,
  string,
  string,
]
const FILES = { SLUICE_TEMPORAL_CERT_FILE: cert, SLUICE_TEMPORAL_KEY_FILE: key }

beforeAll(() => {
  writeFileSync(ca, ours.cert)
  writeFileSync(cert, sluice.cert)
  writeFileSync(key, sluice.key)
  writeFileSync(otherKey, ours.issue('other').key)
  writeFileSync(file('empty'), '\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('Temporal is reached', () => {
  it.each<[string, Env, Reached]>([
    ['in plain text, if nothing is said', {}, {}],
    ['with TLS, if that is wanted', { SLUICE_TEMPORAL_TLS: 'true' }, { tls: { ca: false, client: false } }],
    [
      'with TLS, if an authority is given',
      { SLUICE_TEMPORAL_CA_FILE: ca },
      { tls: { ca: true, client: false } },
    ],
    ['with a client certificate', FILES, { tls: { ca: false, client: true } }],
    [
      'under another name',
      { SLUICE_TEMPORAL_SERVER_NAME: 'temporal.test' },
      { tls: { ca: false, client: false, serverName: 'temporal.test' } },
    ],
    [
      'with TLS, if there is an API key',
      { SLUICE_TEMPORAL_API_KEY: ' key-1\n' },
      { tls: { ca: false, client: false }, apiKeys: ['key-1', 'key-1'] },
    ],
    [
      'in plain text with an API key, if that is said: something else may encrypt',
      { SLUICE_TEMPORAL_API_KEY: 'key-1', SLUICE_TEMPORAL_TLS: 'false' },
      { apiKeys: ['key-1', 'key-1'] },
    ],
    [
      'in plain text, if all is left empty',
      { ...Object.fromEntries(Object.keys(FILES).map((name) => [name, ''])), SLUICE_TEMPORAL_TLS: '' },
      {},
    ],
  ])('%s', (_, env, expected) => {
    expect(reachedBy(env)).toEqual(expected)
  })

  it.each([
    ['the new key, when its file changes', 'key-2\n', 'key-2'],
    ['the old key, while its file holds none', '', 'key-1'],
  ])('with %s', (_, later, used) => {
    writeFileSync(file('api-key'), 'key-1\n')
    const { apiKeys } = reachedBy({ SLUICE_TEMPORAL_API_KEY_FILE: file('api-key') }, later)
    expect(apiKeys).toEqual(['key-1', used])
  })
})

describe('at once it is told', () => {
  it.each<[string, Env, string]>([
    [
      'that a certificate lacks its key',
      { SLUICE_TEMPORAL_CERT_FILE: cert },
      'SLUICE_TEMPORAL_KEY_FILE: must be set beside SLUICE_TEMPORAL_CERT_FILE, found ""',
    ],
    [
      'that a key lacks its certificate',
      { SLUICE_TEMPORAL_KEY_FILE: key },
      'SLUICE_TEMPORAL_CERT_FILE: must be set beside SLUICE_TEMPORAL_KEY_FILE, found ""',
    ],
    [
      'that TLS is refused and wanted',
      { SLUICE_TEMPORAL_TLS: 'false', SLUICE_TEMPORAL_CA_FILE: ca },
      `SLUICE_TEMPORAL_CA_FILE: must be empty, since SLUICE_TEMPORAL_TLS is false, found "${ca}"`,
    ],
    [
      'that there are two API keys',
      { SLUICE_TEMPORAL_API_KEY: 'key-1', SLUICE_TEMPORAL_API_KEY_FILE: file('api-key') },
      `SLUICE_TEMPORAL_API_KEY_FILE: must be empty, since SLUICE_TEMPORAL_API_KEY is set, found "${file('api-key')}"`,
    ],
    [
      'that a file is not there',
      { SLUICE_TEMPORAL_CA_FILE: '/nowhere/ca.crt' },
      'SLUICE_TEMPORAL_CA_FILE: cannot read /nowhere/ca.crt: ENOENT',
    ],
    [
      'that a file holds no certificate',
      { SLUICE_TEMPORAL_CA_FILE: key },
      'SLUICE_TEMPORAL_CA_FILE: holds no certificate in PEM form',
    ],
    [
      'that a file holds no key',
      { ...FILES, SLUICE_TEMPORAL_KEY_FILE: cert },
      'SLUICE_TEMPORAL_KEY_FILE: holds no private key in PEM form without a passphrase',
    ],
    [
      'that a key is of another certificate',
      { ...FILES, SLUICE_TEMPORAL_KEY_FILE: otherKey },
      'SLUICE_TEMPORAL_KEY_FILE: its key is not that of the certificate in SLUICE_TEMPORAL_CERT_FILE',
    ],
    [
      'that a file holds no API key',
      { SLUICE_TEMPORAL_API_KEY_FILE: file('empty') },
      'SLUICE_TEMPORAL_API_KEY_FILE: holds no API key: one line of printable characters',
    ],
    [
      'that an API key cannot be one, without showing it',
      { SLUICE_TEMPORAL_API_KEY: 'geheim geheim' },
      'SLUICE_TEMPORAL_API_KEY: must be printable characters without spaces, found something else',
    ],
  ])('%s', (_, env, problem) => {
    expect(reachedBy(env).problem?.replace('the configuration is not valid:\n  ', '')).toBe(problem)
  })

  it('by a program that ends with 3', async () => {
    const { code, stderr } = await runSluice(['run'], { SLUICE_TEMPORAL_CA_FILE: '/nowhere/ca.crt' })
    expect(stderr).toBe('sluice: SLUICE_TEMPORAL_CA_FILE: cannot read /nowhere/ca.crt: ENOENT\n')
    expect(code).toBe(3)
  })
})

it('no help shows the API key', async () => {
  const { stdout } = await runSluice(['run', '--help'], { SLUICE_TEMPORAL_API_KEY: 'geheim' })
  expect(stdout).toContain('SLUICE_TEMPORAL_API_KEY ')
  expect(stdout).not.toContain('geheim')
})

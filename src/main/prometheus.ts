import { z } from 'zod'
import type { PrometheusSettings, PrometheusTls } from '../adapters/prometheus/settings.ts'
import { certificateIn, keyIn, optionalText as text, rotatingText } from './files.ts'

/** Name and value of a header. */
const HEADER = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)=(.+)$/
/** Made by settings of their own, or by the client. */
const OWN_HEADERS: readonly string[] = ['authorization', 'content-length', 'content-type', 'host']
const TENANT_HEADER = 'X-Scope-OrgID'

const headers = text
  .transform((list) =>
    (list ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  )
  .refine(
    (entries) => entries.every((entry) => /^[ -~]+$/.test(entry) && isOthers(headerIn(entry)[0])),
    `must be name=value, separated by commas, like X-Team=shop, other than ${OWN_HEADERS.join(', ')}`,
  )

function headerIn(entry: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = HEADER.exec(entry) ?? []
  return [name, value]
}

function isOthers(name: string): boolean {
  return name !== '' && !OWN_HEADERS.includes(name.toLowerCase())
}

/** Where Prometheus is and how it lets us in; empty is as good as absent. */
export const prometheusSettings = {
  SLUICE_PROMETHEUS_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL like http://prometheus:9090' })
    .refine((url) => !/[?#]/.test(url), 'must be a URL without ? and #, like http://mimir/prometheus')
    .refine(
      (url) => !url.includes('@'),
      'must be a URL without a user: set SLUICE_PROMETHEUS_USER and SLUICE_PROMETHEUS_PASSWORD_FILE',
    )
    .default('http://127.0.0.1:9090')
    .describe('Base URL of Prometheus, or of Thanos, Mimir or VictoriaMetrics; it may have a path.'),
  SLUICE_PROMETHEUS_TENANT: text
    .refine((tenant) => /^[!-~]*$/.test(tenant ?? ''), 'must be printable characters without spaces')
    .describe(`Tenant, sent as ${TENANT_HEADER}.`),
  SLUICE_PROMETHEUS_HEADERS: headers.describe('More headers of each query: name=value, separated by commas.'),
  SLUICE_PROMETHEUS_TOKEN_FILE: text.describe('File of a bearer token; a new token in it is taken up.'),
  SLUICE_PROMETHEUS_USER: text
    .refine((user) => /^[^:]*$/.test(user ?? ''), 'must not contain a colon')
    .describe('User, for a password (basic authentication).'),
  SLUICE_PROMETHEUS_PASSWORD_FILE: text.describe('File of the password; a new one in it is taken up.'),
  SLUICE_PROMETHEUS_CA_FILE: text.describe(
    'PEM file of the authority of its certificate; empty: the usual authorities.',
  ),
  SLUICE_PROMETHEUS_CERT_FILE: text.describe('PEM file of the client certificate (mTLS).'),
  SLUICE_PROMETHEUS_KEY_FILE: text.describe('PEM file of the key of the client certificate.'),
  SLUICE_PROMETHEUS_SERVER_NAME: text.describe('Name in its certificate, if not that of the URL.'),
}

const schema = z.object(prometheusSettings)
type Settings = z.output<typeof schema>
type Name = keyof Settings

/** What is never shown: headers may be credentials. */
export const PROMETHEUS_SECRETS: readonly Name[] = ['SLUICE_PROMETHEUS_HEADERS']

interface Problem {
  readonly name: Name
  readonly message: string
}

/** Settings that come together, the second being asked for. */
const PAIRS: readonly (readonly [Name, Name])[] = [
  ['SLUICE_PROMETHEUS_CERT_FILE', 'SLUICE_PROMETHEUS_KEY_FILE'],
  ['SLUICE_PROMETHEUS_KEY_FILE', 'SLUICE_PROMETHEUS_CERT_FILE'],
  ['SLUICE_PROMETHEUS_USER', 'SLUICE_PROMETHEUS_PASSWORD_FILE'],
  ['SLUICE_PROMETHEUS_PASSWORD_FILE', 'SLUICE_PROMETHEUS_USER'],
]
const OF_TLS: readonly Name[] = [
  'SLUICE_PROMETHEUS_CA_FILE',
  'SLUICE_PROMETHEUS_CERT_FILE',
  'SLUICE_PROMETHEUS_KEY_FILE',
  'SLUICE_PROMETHEUS_SERVER_NAME',
]

/** What contradicts each other, and what is only half said. */
export function prometheusContradictions(config: Settings): Problem[] {
  const has = (name: Name) => config[name] !== undefined
  const empty = (name: Name, why: string): Problem[] =>
    has(name) ? [{ name, message: `must be empty, since ${why}` }] : []
  const halves = PAIRS.filter(([one, other]) => has(one) && !has(other)).map(([one, other]) => {
    return { name: other, message: `must be set beside ${one}` }
  })
  const named = config.SLUICE_PROMETHEUS_HEADERS.map((entry) => headerIn(entry)[0].toLowerCase())
  return [
    ...halves,
    ...(has('SLUICE_PROMETHEUS_TOKEN_FILE')
      ? empty('SLUICE_PROMETHEUS_USER', 'SLUICE_PROMETHEUS_TOKEN_FILE is set')
      : []),
    ...(named.includes(TENANT_HEADER.toLowerCase())
      ? empty('SLUICE_PROMETHEUS_TENANT', `SLUICE_PROMETHEUS_HEADERS has ${TENANT_HEADER}`)
      : []),
    ...(config.SLUICE_PROMETHEUS_URL.startsWith('https:')
      ? []
      : OF_TLS.flatMap((name) => empty(name, 'SLUICE_PROMETHEUS_URL does not begin with https:'))),
  ]
}

/** Where Prometheus is, with what the files hold. Throws an Error that names the variable whose file is of no use. */
export function prometheusOf(config: Settings): PrometheusSettings {
  const { SLUICE_PROMETHEUS_URL: url, SLUICE_PROMETHEUS_TENANT: tenant } = config
  const authorization = authorizationOf(config)
  const tls = tlsOf(config)
  return {
    url,
    headers: {
      ...Object.fromEntries(config.SLUICE_PROMETHEUS_HEADERS.map(headerIn)),
      ...(tenant !== undefined && { [TENANT_HEADER]: tenant }),
    },
    ...(authorization && { authorization }),
    ...(tls && { tls }),
  }
}

function authorizationOf(config: Settings): (() => string) | undefined {
  const token = rotatingText(config, 'SLUICE_PROMETHEUS_TOKEN_FILE', 'token')
  if (token) return () => `Bearer ${token()}`
  const password = rotatingText(config, 'SLUICE_PROMETHEUS_PASSWORD_FILE', 'password')
  const { SLUICE_PROMETHEUS_USER: user = '' } = config
  return password && (() => `Basic ${Buffer.from(`${user}:${password()}`).toString('base64')}`)
}

function tlsOf(config: Settings): PrometheusTls | undefined {
  if (OF_TLS.every((name) => config[name] === undefined)) return undefined
  const ca = certificateIn(config, 'SLUICE_PROMETHEUS_CA_FILE')
  const cert = certificateIn(config, 'SLUICE_PROMETHEUS_CERT_FILE')
  const key = keyIn(config, { key: 'SLUICE_PROMETHEUS_KEY_FILE', cert: 'SLUICE_PROMETHEUS_CERT_FILE' })
  const serverName = config.SLUICE_PROMETHEUS_SERVER_NAME
  return {
    ...(ca && { ca }),
    ...(cert && key && { client: { cert, key } }),
    ...(serverName && { serverName }),
  }
}

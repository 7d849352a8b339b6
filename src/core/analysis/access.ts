/** What lets somebody into a Prometheus, as a Secret of a namespace holds it. */
export interface Credentials {
  /** A bearer token. */
  readonly token?: string
  readonly user?: { readonly name: string; readonly password: string }
  /** In PEM form: the authority of its certificate. */
  readonly ca?: string
  /** In PEM form: a client certificate. */
  readonly client?: { readonly cert: string; readonly key: string }
}

/** What a Rollout says of its Prometheus, with what is secret. */
export interface PrometheusAccess {
  /** Absent: that of the configuration. */
  readonly url?: string
  /** Name in its certificate, if not that of the URL. */
  readonly serverName?: string
  readonly headers: Readonly<Record<string, string>>
  readonly credentials: Credentials
}

/** Keys that mean something. */
const KEYS = ['token', 'username', 'password', 'ca.crt', 'tls.crt', 'tls.key'] as const
type Key = (typeof KEYS)[number]
type Values = Readonly<Partial<Record<Key, string>>>

/** Keys that come together. */
const PAIRS: readonly (readonly [Key, Key])[] = [
  ['username', 'password'],
  ['tls.crt', 'tls.key'],
]
/** Keys whose values are sent in a header. */
const SENT: readonly Key[] = ['token', 'username', 'password']

/**
 * The credentials in the data of a Secret, or why they are of no use; values are never told. Line ends after a value are
 * left out: many a Secret was made of a file. Other keys are left alone, and an empty value is as good as none.
 */
export function credentialsIn(
  data: Readonly<Record<string, string>>,
): { readonly credentials: Credentials } | { readonly problem: string } {
  const values = valuesIn(data)
  const problem = problemOf(values)
  return problem === undefined ? { credentials: credentialsOf(values) } : { problem }
}

function valuesIn(data: Readonly<Record<string, string>>): Values {
  const entries = KEYS.map((key) => [key, (data[key] ?? '').trimEnd()] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

function problemOf(values: Values): string | undefined {
  const has = (key: Key) => values[key] !== undefined
  if (!KEYS.some(has)) return `it has none of the keys ${KEYS.join(', ')}`
  for (const pair of PAIRS) {
    const missing = pair.find((key) => !has(key))
    const there = pair.find(has)
    if (missing !== undefined && there !== undefined) return `it has ${there}, and no ${missing} beside it`
  }
  if (has('token') && has('username')) return 'it has both token and username; leave one of them out'
  const garbled = SENT.find((key) => !/^[ -~]*$/.test(values[key] ?? ''))
  if (garbled !== undefined) return `its ${garbled} must be one line of printable ASCII characters`
  return values.username?.includes(':') === true ? 'its username must have no colon' : undefined
}

function credentialsOf(values: Values): Credentials {
  const { token, username, password, 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key } = values
  return {
    ...(token !== undefined && { token }),
    ...(username !== undefined && password !== undefined && { user: { name: username, password } }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { client: { cert, key } }),
  }
}

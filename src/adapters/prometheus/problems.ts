import axios from 'axios'
import type { AxiosResponse } from 'axios'
import { durationText } from '../../api/quantities.ts'
import { ProviderError } from '../../ports.ts'

/**
 * What a query may fail with. `Provider`: the next one would fail, too. `Query`: it refuses this one, or its answer would
 * be too large; a smaller one may do.
 */
export type ProblemKind = 'Provider' | 'Query'

/** A query that failed. */
export class QueryError extends ProviderError {
  readonly kind: ProblemKind

  constructor(message: string, kind: ProblemKind, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** Statuses by which Prometheus, and those who speak as it does, refuse a query, often for its size. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 414, 422])
const SENTENCES: Readonly<Record<number, string>> = {
  401: 'it does not know who asks: token, password or client certificate is missing or not valid',
  403: 'it denies the permission: token, user, client certificate or tenant is not for these metrics',
}
const LONGEST_QUOTE = 300

/** Why no answer came at all, in words. */
export function unanswered(error: unknown): QueryError {
  if (!axios.isAxiosError(error)) return new QueryError(String(error), 'Provider', error)
  const limit = /^maxContentLength size of (\d+) exceeded$/.exec(error.message)?.[1]
  if (limit !== undefined) {
    const text = `its answer is larger than ${Math.round(Number(limit) / 1024 / 1024)} MB`
    return new QueryError(text, 'Query', error)
  }
  const silentMs = /^timeout of (\d+)ms exceeded$/.exec(error.message)?.[1]
  if (silentMs !== undefined) {
    const text = `it did not answer within ${durationText(Number(silentMs))}`
    return new QueryError(text, 'Provider', error)
  }
  if (axios.isCancel(error)) return new QueryError('its answer did not end in time', 'Provider', error)
  const { code = '', message } = error
  return new QueryError(
    tlsSentence(`${code} ${message}`, code) ?? `${code} ${message}`.trim(),
    'Provider',
    error,
  )
}

/** Codes of Node.js and OpenSSL, and what they mean. */
const TLS_SENTENCES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE/,
    'its certificate is of an authority that is not trusted here; the CA file must hold that authority',
  ],
  [
    /ALTNAME_INVALID/,
    'its certificate is for another name than that of the URL; set the server name that it has',
  ],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [
    /certificate[ _]required|alert|unknown[ _]ca/i,
    'it wants a client certificate, or does not trust the one that it gets',
  ],
  [/wrong[ _]version[ _]number|packet[ _]length/i, 'it does not speak TLS; the URL must begin with http:'],
]

function tlsSentence(told: string, code: string): string | undefined {
  const found = TLS_SENTENCES.find(([pattern]) => pattern.test(told))?.[1]
  return found === undefined ? undefined : `${found} (${code})`
}

/** What an answer says that is no success. */
export function refused(response: AxiosResponse<string>): QueryError {
  const { status, headers } = response
  const kind = REFUSALS.has(status) ? 'Query' : 'Provider'
  const target: unknown = headers['location']
  const told =
    saidIn(response.data) ?? SENTENCES[status] ?? (typeof target === 'string' ? `see ${target}` : undefined)
  return new QueryError(told === undefined ? `it answered ${status}` : `it answered ${status}: ${told}`, kind)
}

/** The error that an answer of Prometheus tells; undefined when it is another's answer. */
function saidIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown }
    return typeof error === 'string' ? quote(error) : undefined
  } catch {
    return undefined
  }
}

/** As much of a text as fits a sentence. */
export function quote(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
}

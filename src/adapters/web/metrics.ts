import axios from 'axios'
import PQueue from 'p-queue'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'
import type { Reading } from '../../core/analysis/number.ts'
import type { WebRequest } from '../../core/analysis/query/web.ts'
import type { WebMetrics } from '../../ports.ts'
import { RefusedAddress, guardedLookup, refuseHost } from './addresses.ts'
import type { AddressRules } from './addresses.ts'
import { webNumber } from './answers.ts'
import type { WebAnswer } from './answers.ts'

/** Longest time for a whole answer (milliseconds). */
const TIMEOUT_MS = 5_000
/** Largest answer that is read, unpacked, in bytes. */
const LARGEST_ANSWER = 1024 * 1024
/** Requests under way at once; the others wait. */
const AT_ONCE = 8

/**
 * Numbers that web addresses answer with. No redirect is followed, no proxy of the environment is used, and addresses of
 * the machine itself, link-local ones and those of metadata services are refused before any connection.
 * @param rules what is refused; the sandbox lives on loopback addresses
 * @param timeoutMs longest time for a whole answer
 */
export function webMetrics(rules: AddressRules = {}, timeoutMs = TIMEOUT_MS): WebMetrics {
  const lookup = guardedLookup(rules)
  const queue = new PQueue({ concurrency: AT_ONCE })
  return {
    number: async (request) =>
      queue.add(async () => {
        try {
          refuseHost(urlOf(request), rules)
          return webNumber(await send(request, lookup, timeoutMs), request.jsonPath)
        } catch (error) {
          return readingOf(error, timeoutMs)
        }
      }),
  }
}

/** Only these, whatever the schema let pass before. */
function urlOf({ url }: WebRequest): URL {
  const parsed = new URL(url)
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed
  throw new RefusedAddress(`${parsed.protocol} is neither http: nor https:`)
}

async function send(request: WebRequest, lookup: LookupFunction, timeoutMs: number): Promise<WebAnswer> {
  const { url, method, headers, body, ca } = request
  // Agents are made for each request: certificates differ, and a look comes every few seconds at most.
  const httpsAgent = new HttpsAgent({
    lookup,
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
  })
  const response = await axios.request<string>({
    url,
    method,
    headers: {
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { data: body }),
    signal: AbortSignal.timeout(timeoutMs),
    maxContentLength: LARGEST_ANSWER,
    maxRedirects: 0,
    proxy: false,
    httpAgent: new HttpAgent({ lookup }),
    httpsAgent,
    responseType: 'text',
    transformRequest: (sent: unknown) => sent,
    transformResponse: (text: unknown) => text,
    validateStatus: () => true,
  })
  const location: unknown = response.headers['location']
  return {
    status: response.status,
    body: response.data,
    ...(typeof location === 'string' && { location }),
  }
}

function readingOf(error: unknown, timeoutMs: number): Reading {
  const refused = refusedIn(error)
  if (refused !== undefined) return { kind: 'Bad', reason: refused.message }
  if (axios.isCancel(error)) return problem(`its answer did not end within ${timeoutMs / 1000} s`)
  const { code = '', message } = error as { code?: string; message: string }
  if (/^maxContentLength size of \d+ exceeded$/.test(message))
    return { kind: 'Bad', reason: `its answer is larger than ${LARGEST_ANSWER / 1024 / 1024} MB` }
  return problem(message.includes(code) ? message : `${code} ${message}`.trim())
}

function problem(reason: string): Reading {
  return { kind: 'ProviderError', reason }
}

function refusedIn(error: unknown): RefusedAddress | undefined {
  if (error instanceof RefusedAddress) return error
  return error instanceof Error && error.cause instanceof RefusedAddress ? error.cause : undefined
}

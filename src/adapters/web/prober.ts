import axios from 'axios'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import type { ProberAnswer } from '../../core/faults/answers.ts'
import type { ProbeOrder, Prober, Probing } from '../../ports.ts'
import { RefusedAddress, guardedLookup, refuseHost } from './addresses.ts'
import type { AddressRules } from './addresses.ts'

/** Requests under way at once; what would be more is not sent. */
const AT_ONCE = 200
/** Largest part of an answer that is read, in bytes. */
const LARGEST_ANSWER = 64 * 1024
/** As much of an answer is told, in characters. */
const QUOTE = 100
const SECOND_MS = 1000

/**
 * Sends requests at a rate, for a time. No redirect is followed, no proxy of the environment is used, and addresses of the
 * machine itself, link-local ones and those of metadata services are refused before any connection.
 * @param rules what is refused; the sandbox lives on loopback addresses
 */
export function webProber(rules: AddressRules = {}): Prober {
  return { start: (order) => new Sending(order, rules) }
}

class Sending implements Probing {
  readonly #order: ProbeOrder
  readonly #rules: AddressRules
  readonly #agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent }
  readonly #ended = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #until: number
  #underWay = 0
  #answers: ProberAnswer[] = []

  constructor(order: ProbeOrder, rules: AddressRules) {
    const lookup = guardedLookup(rules)
    const servername = order.host?.replace(/:\d+$/, '')
    const shared = { lookup, keepAlive: true, maxSockets: AT_ONCE }
    this.#order = order
    this.#rules = rules
    this.#agents = {
      httpAgent: new HttpAgent(shared),
      httpsAgent: new HttpsAgent({ ...shared, ...(servername !== undefined && { servername }) }),
    }
    this.#until = performance.now() + order.forMs
    this.#timer = setInterval(() => void this.#send(), SECOND_MS / order.requestsPerSecond)
  }

  take(): readonly ProberAnswer[] {
    const taken = this.#answers
    this.#answers = []
    return taken
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#ended.abort()
    this.#agents.httpAgent.destroy()
    this.#agents.httpsAgent.destroy()
  }

  async #send(): Promise<void> {
    if (performance.now() > this.#until) return clearInterval(this.#timer)
    if (this.#underWay >= AT_ONCE) return
    this.#underWay += 1
    const sentAt = Date.now()
    const began = performance.now()
    const seen = await this.#ask().catch((error: unknown) => ({ problem: problemOf(error, this.#order) }))
    this.#underWay -= 1
    if (this.#ended.signal.aborted) return
    this.#answers.push({ sentAt, ms: performance.now() - began, ...seen })
  }

  async #ask(): Promise<Pick<ProberAnswer, 'status' | 'text'>> {
    const { url, host, method, headers, body, timeoutMs } = this.#order
    refuseHost(urlOf(url), this.#rules)
    const response = await axios.request<Readable>({
      url,
      method,
      headers: { Accept: '*/*', ...headers, ...(host !== undefined && { Host: host }) },
      ...(body !== undefined && { data: body }),
      ...this.#agents,
      signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeoutMs)]),
      maxRedirects: 0,
      proxy: false,
      decompress: false,
      responseType: 'stream',
      transformRequest: (sent: unknown) => sent,
      validateStatus: () => true,
    })
    return { status: response.status, text: await beginningOf(response.data) }
  }
}

/** Reads an answer to its end, or as far as is reasonable. */
async function beginningOf(body: Readable): Promise<string> {
  let text = ''
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    text = (text + chunk.toString('latin1')).slice(0, QUOTE)
    size += chunk.length
    if (size > LARGEST_ANSWER) break
  }
  return text
}

/** Only these, whatever the schema let pass before. */
function urlOf(url: string): URL {
  const parsed = new URL(url)
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed
  throw new RefusedAddress(`${parsed.protocol} is neither http: nor https:`)
}

function problemOf(error: unknown, { timeoutMs }: ProbeOrder): string {
  if (axios.isCancel(error)) return `no whole answer within ${timeoutMs / SECOND_MS} s`
  const { message, code = '', cause } = error as Error & { code?: string }
  if (cause instanceof RefusedAddress) return cause.message
  return message.includes(code) ? message : `${code} ${message}`.trim()
}

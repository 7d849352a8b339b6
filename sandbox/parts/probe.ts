import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

export interface ProbeOptions {
  /** PEM text of the authority to trust. */
  ca?: string
  token?: string
}

const timeoutMs = 2_000

/**
 * Asks over HTTP, without reusing connections: a probe must not meet a part's predecessor.
 * @returns the body
 * @throws Error unless the answer is 200 within 2 s
 */
export async function probe(url: string, { ca, token }: ProbeOptions = {}): Promise<string> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  const signal = AbortSignal.timeout(timeoutMs)
  const sent = request(url, {
    agent: false,
    signal,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(ca === undefined ? {} : { ca }),
  }).end()
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return await bodyOf(response, url)
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer from ${url} within ${timeoutMs} ms`, { cause: error })
    throw error
  }
}

async function bodyOf(response: IncomingMessage, url: string): Promise<string> {
  const body = await text(response)
  if (response.statusCode === 200) return body
  throw new Error(`${url} answers ${response.statusCode}: ${body.slice(0, 200)}`)
}

/** Whether something listens on a local port. Throws if not. */
export async function probePort(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) })
  } finally {
    socket.destroy()
  }
}

import { Agent, get } from 'node:http'

/** What came of calling the dependency: undefined when all was well, else the reason. */
export type DependencyFailure = string | undefined

const TIMEOUT_MS = 10_000
const agent = new Agent({ keepAlive: true })

/**
 * Calls the dependency once.
 * @param url where to connect, usually the listener of a sidecar
 * @param host the name under which the mesh knows the dependency
 */
export function callDependency(url: string, host: string): Promise<DependencyFailure> {
  return new Promise((resolve) => {
    const request = get(url, { agent, headers: { host }, timeout: TIMEOUT_MS }, (response) => {
      const status = response.statusCode ?? 0
      response.on('error', (error) => resolve(error.message))
      response.on('end', () => resolve(status >= 400 ? `status ${status}` : undefined))
      response.resume()
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    request.on('error', (error) => resolve(error.message))
  })
}

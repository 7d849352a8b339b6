import { once } from 'node:events'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PodQuery } from './pod-metrics.ts'

const GROUP = 'metrics.k8s.io'
const VERSION = 'v1beta1'
const GROUP_VERSION = `${GROUP}/${VERSION}`
const BASE = `/apis/${GROUP_VERSION}`

interface Answer {
  readonly code: number
  readonly body: object
}

/** Where and how metrics are served. */
export interface ServerOptions {
  readonly port: number
  /** PEM texts. */
  readonly cert: string
  readonly key: string
  /** PodMetrics of pods. */
  readonly list: (query: PodQuery) => Promise<object[]>
  readonly onError: (error: unknown) => void
}

/**
 * Serves the API of resource metrics on 127.0.0.1, for the API server to hand on.
 * @throws the operating system's error when the port is taken
 */
export async function serveMetrics({ port, cert, key, list, onError }: ServerOptions): Promise<void> {
  const server = createServer({ cert, key }, (request, response) => {
    const reply = async () => send(response, await answer(request, list))
    reply().catch((error: unknown) => {
      onError(error)
      send(response, { code: 500, body: failure(500, 'the pods could not be measured') })
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function answer({ url = '/' }: IncomingMessage, list: ServerOptions['list']): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, 'https://127.0.0.1')
  if (pathname === BASE) return { code: 200, body: resources }
  const query = queryOf(pathname, searchParams.get('labelSelector'))
  if (query === undefined) return missing(pathname)
  const items = await list(query)
  if (query.name === undefined) return { code: 200, body: listOf(items) }
  const [item] = items
  return item
    ? { code: 200, body: { kind: 'PodMetrics', apiVersion: GROUP_VERSION, ...item } }
    : missing(pathname)
}

/** Which pods a path asks for; undefined when it is not one of ours. */
export function queryOf(pathname: string, labelSelector: string | null): PodQuery | undefined {
  const found = /^(?:\/namespaces\/([^/]+))?\/pods(?:\/([^/]+))?$/.exec(pathname.replace(BASE, ''))
  if (!pathname.startsWith(`${BASE}/`) || !found) return undefined
  const [, namespace, name] = found
  return {
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(labelSelector !== null && { labelSelector }),
  }
}

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: [
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
}

function listOf(items: object[]): object {
  return { kind: 'PodMetricsList', apiVersion: GROUP_VERSION, metadata: {}, items }
}

function missing(pathname: string): Answer {
  return { code: 404, body: failure(404, `nothing is known of ${pathname}`) }
}

function failure(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }
}

function send(response: ServerResponse, { code, body }: Answer): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

import { KubeConfig } from '@kubernetes/client-node'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'

/** One request to the API server, with every header in the caller's hand: tests look at answers that clients hide. */
export interface ClusterRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
}

export interface ClusterAnswer {
  readonly status: number
  // Answers are of many kinds; each test says what it expects.
  readonly body: { readonly message?: string; readonly [key: string]: unknown }
}

/** Asks the API server. */
export type Ask = (request: ClusterRequest) => Promise<ClusterAnswer>

/** Connects as the kubeconfig file says. Answers with an error status are returned, not thrown. */
export function connect(kubeconfig: string): Ask {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  return async (request) => {
    const server = config.getCurrentCluster()?.server
    if (server === undefined) throw new Error(`${kubeconfig} names no cluster`)
    const options: RequestOptions = {
      method: request.method,
      headers: {
        accept: request.accept ?? 'application/json',
        'content-type': request.contentType ?? 'application/json',
      },
    }
    await config.applyToHTTPSOptions(options)
    return send(new URL(request.path, server), options, request.body)
  }
}

async function send(url: URL, options: RequestOptions, body: unknown): Promise<ClusterAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ClusterAnswer>()
  const outgoing = httpsRequest(url, options, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ status: response.statusCode ?? 0, body: parsed(text) })
    })
  })
  outgoing.on('error', reject)
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

function parsed(text: string): ClusterAnswer['body'] {
  try {
    return JSON.parse(text) as ClusterAnswer['body']
  } catch {
    return { message: text } // some refusals of the API server are plain text
  }
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { upOnExisting } from '../../../sandbox/existing/up.ts'
import { recordPath } from '../../../sandbox/existing/record.ts'
import { freePort } from '../../../sandbox/supervise/index.ts'
import { existsSync } from 'node:fs'
import { temporaryFolder } from '../temporary.ts'

const VERSION = { major: '1', minor: '36', gitVersion: 'v1.36.3' }
const istio = {
  resources: ['virtualservices', 'destinationrules'].map((name) => ({
    name,
    kind: name,
    namespaced: true,
    verbs: [],
  })),
}
const sluice = {
  resources: ['rollouts', 'metrictemplates'].map((name) => ({
    name,
    kind: name,
    namespaced: true,
    verbs: [],
  })),
}
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** An API server that answers some paths, and 404 to all others; a number is a status. */
async function cluster(answers: Record<string, object | number>): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').replace(/\/$/, '')] ?? 404
    const code = typeof answer === 'number' ? answer : 200
    const body = typeof answer === 'number' ? { kind: 'Status', code } : answer
    request.resume()
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The error of `up` on the cluster at a URL; nothing may have been noted or started. */
async function refusal(
  server: string,
  options: { prometheus?: string; context?: string } = {},
): Promise<string> {
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig.yaml')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'x' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'here',
  }
  writeFileSync(kubeconfig, stringify(config))
  const state = join(folder, 'state')
  const error = await upOnExisting({ kubeconfig, state, ...options }).then(
    () => undefined,
    (reason: unknown) => reason as Error,
  )
  expect(existsSync(recordPath(state))).toBe(false)
  return error?.message ?? 'it was not refused'
}

const good = {
  '/version': VERSION,
  '/apis/networking.istio.io/v1': istio,
  '/apis/sluice.dev/v1alpha1': sluice,
}

test('a server that does not answer is named with its context', async () => {
  const server = `http://127.0.0.1:${await freePort()}`
  expect(await refusal(server)).toContain(`${server} (context here) does not answer: `)
})

test('a context that is not there is refused, and the others are named', async () => {
  const message = await refusal('http://127.0.0.1:1', { context: 'prod' })
  expect(message).toBe('the kubeconfig has no context "prod"; there are: here')
})

test('credentials that have expired are told apart', async () => {
  expect(await refusal(await cluster({ '/version': 401 }))).toMatch(
    /\(context here\) does not know you: log in again$/,
  )
})

test('a cluster without Istio says what to install', async () => {
  expect(await refusal(await cluster({ '/version': VERSION }))).toBe(
    'the cluster lacks virtualservices and destinationrules of networking.istio.io/v1: install Istio 1.22 or newer, then try again',
  )
})

test('rights that are lacking are listed', async () => {
  const server = await cluster({ ...good, [REVIEWS]: { spec: {}, status: { allowed: false } } })
  const [title, ...rights] = (await refusal(server)).split('\n')
  expect(title).toBe('in all namespaces you (context here) need rights that you lack:')
  expect(rights).toContain('  update virtualservices of networking.istio.io')
  expect(rights).toContain('  patch deployments/scale of apps')
  expect(rights).toContain('  list pods')
  expect(rights.join()).not.toContain('customresourcedefinitions')
})

test('a cluster without definitions of Sluice needs the right to bring them', async () => {
  const { '/apis/sluice.dev/v1alpha1': _, ...bare } = good
  const server = await cluster({ ...bare, [REVIEWS]: { spec: {}, status: { allowed: false } } })
  expect(await refusal(server)).toContain('\n  patch customresourcedefinitions of apiextensions.k8s.io')
})

test('a Prometheus that does not answer is named', async () => {
  const server = await cluster({ ...good, [REVIEWS]: { spec: {}, status: { allowed: true } } })
  const prometheus = `http://127.0.0.1:${await freePort()}`
  expect(await refusal(server, { prometheus })).toContain(
    `${prometheus} does not answer as Prometheus does: `,
  )
})

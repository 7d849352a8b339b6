import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { adminToken, kubeconfigPath, writeCredentials } from '../../../sandbox/parts/credentials.ts'
import { type Ports, portNames } from '../../../sandbox/parts/ports.ts'
import { temporaryFolder } from '../temporary.ts'

function siteOn(state: string, port: number) {
  return { state, ports: Object.fromEntries(portNames.map((name) => [name, port])) as Ports }
}

test('key and token are kept, the kubeconfig follows the port', () => {
  const state = temporaryFolder()
  const { serviceAccountKey } = writeCredentials(siteOn(state, 1111))
  const before = [adminToken({ state }), readFileSync(serviceAccountKey, 'utf8')]
  writeCredentials(siteOn(state, 2222))
  expect([adminToken({ state }), readFileSync(serviceAccountKey, 'utf8')]).toEqual(before)
  const kubeconfig: unknown = parse(readFileSync(kubeconfigPath(state), 'utf8'))
  expect(kubeconfig).toMatchObject({
    clusters: [{ cluster: { server: 'https://127.0.0.1:2222' } }],
    users: [{ user: { token: adminToken({ state }) } }],
  })
})

test('nobody else may read the secrets', () => {
  const state = temporaryFolder()
  const paths = [writeCredentials(siteOn(state, 1)).tokenFile, kubeconfigPath(state)]
  expect(paths.map((path) => statSync(path).mode & 0o077)).toEqual([0, 0])
})

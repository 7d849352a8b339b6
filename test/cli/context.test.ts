import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCluster } from '../../src/cli/context.ts'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import { FakeApi } from '../adapters/kubernetes/fake-api.ts'
import { aVirtualService } from '../core/shop.ts'

const REF = { kind: 'VirtualService', namespace: 'shop', name: 'reviews' } as const
const ROUTE = aVirtualService()

let api: FakeApi
let folder: string
let kubeconfig: string

beforeEach(async () => {
  api = new FakeApi()
  await api.start()
  folder = await mkdtemp(join(tmpdir(), 'sluice-context-'))
  kubeconfig = await api.kubeconfig(join(folder, 'kubeconfig'))
})
afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

describe('the namespace of a command', () => {
  it("is that of -n, else that of the context, else 'default'", () => {
    expect(openCluster({ kubeconfig, namespace: 'front' }).namespace).toBe('front')
    expect(openCluster({ kubeconfig }).namespace).toBe('shop')
    expect(openCluster({ kubeconfig, context: 'bare' }).namespace).toBe('default')
  })
})

describe('a kubeconfig of no use', () => {
  it('is named when it is not there', () => {
    const file = join(folder, 'nothing')
    expect(() => openCluster({ kubeconfig: file })).toThrow(`${file} cannot be read: ENOENT`)
  })

  const context = { name: 'test', context: { cluster: 'east', user: 'me' } }
  it.each([
    ['clusters: [\n', 'cannot be read: deficient indentation (2:1)'],
    ['', 'cannot be read: expected a document, but the input is empty'],
    ['root:x:0:0:root:/root:/bin/sh', 'is no kubeconfig: it has no contexts'],
    [stringify({ contexts: [context] }), 'has no current context; choose one of: test'],
    [
      stringify({ contexts: [context], 'current-context': 'test' }),
      'lacks the cluster "east" of its context "test"',
    ],
  ])('is named when it leads nowhere: %j', async (text, problem) => {
    const file = join(folder, 'useless')
    await writeFile(file, text)
    expect(() => openCluster({ kubeconfig: file })).toThrow(new Error(`${file} ${problem}`))
  })

  it('tells its contexts when it lacks the one wanted', () => {
    expect(() => openCluster({ kubeconfig, context: 'prod' })).toThrow(
      'the kubeconfig has no context "prod"; there are: test, bare',
    )
  })
})

describe('a cluster that does not play along', () => {
  const list = async () => openCluster({ kubeconfig }).viewer.list('shop')
  const reader = () => openCluster({ kubeconfig }).reader

  it.each([
    [401, 'Unauthorized', 'log in again or choose another --context'],
    [
      403,
      'rollouts.sluice.dev is forbidden',
      'ask for the rights get, list and watch on rollouts.sluice.dev',
    ],
    [404, '404 page not found', 'install the CRDs of Sluice first'],
    [500, 'etcd is away', ''],
  ])('and answers %i is named, with what to do', async (code, message, remedy) => {
    api.refusal = { code, message }
    const text = `the API server answered ${code}: ${message} (${api.url})`
    await expect(list()).rejects.toThrow(text)
    await expect(list()).rejects.toThrow(remedy)
  })

  it('and does not answer is named, with the cause', async () => {
    const { url } = api
    await api.stop()
    await expect(list()).rejects.toThrow(
      new RegExp(
        `^no answer from the API server at ${url} \\(.*ECONNREFUSED.*\\); check --kubeconfig and --context$`,
      ),
    )
    api = new FakeApi()
    await api.start()
  })

  it.each<[string, () => Promise<unknown>]>([
    ['get on the kind Service', async () => reader().read('Service', { namespace: 'shop', name: 'reviews' })],
    ['list on the kind DestinationRule', async () => reader().list('DestinationRule', undefined)],
    ['list on pods', async () => reader().pods('shop')],
    ['get on the kind VirtualService', async () => openCluster({ kubeconfig }).mesh.read(REF, 'Fresh')],
    ['update on the kind VirtualService', async () => openCluster({ kubeconfig }).mesh.write(ROUTE)],
    ['create on the kind VirtualService', async () => openCluster({ kubeconfig }).making.create(ROUTE)],
    ['delete on the kind VirtualService', async () => openCluster({ kubeconfig }).making.remove(ROUTE)],
    ['create on selfsubjectreviews.authentication.k8s.io', async () => openCluster({ kubeconfig }).self()],
  ])('and keeps objects to itself is told so, with the right that is missing: %s', async (right, read) => {
    api.refusal = { code: 403, message: 'no' }
    await expect(read()).rejects.toThrow(RefusedError)
    await expect(read()).rejects.toThrow(
      `the API server answered 403: no (${api.url}); ask for the rights ${right}`,
    )
  })

  it('because somebody else wrote is not explained: whoever writes tries again', async () => {
    api.refusal = { code: 409, message: 'changed' }
    await expect(openCluster({ kubeconfig }).mesh.write(ROUTE)).rejects.toThrow(ConflictError)
  })

  it('and does not tell who asks leaves the name of the kubeconfig', async () => {
    api.refusal = { code: 404, message: 'no such kind' }
    expect(await openCluster({ kubeconfig }).self()).toBe('me')
  })

  it('while a Rollout is followed is explained alike', async () => {
    api.refusal = { code: 403, message: 'no' }
    const { viewer } = openCluster({ kubeconfig })
    const ref = { namespace: 'shop', name: 'reviews' }
    await expect(viewer.follow(ref, () => undefined, new AbortController().signal)).rejects.toThrow(
      'ask for the rights',
    )
  })
})

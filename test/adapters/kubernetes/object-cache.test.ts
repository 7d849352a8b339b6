import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesListObject, KubernetesObject } from '@kubernetes/client-node'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ROLLOUTS } from '../../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { ObjectCache } from '../../../src/adapters/kubernetes/object-cache.ts'
import type { Source } from '../../../src/adapters/kubernetes/object-cache.ts'
import { FakeApi } from './fake-api.ts'

let api: FakeApi
let folder: string
let cache: ObjectCache<KubernetesObject>
let source: Source<KubernetesObject>
let cacheOf: (changes: Partial<Source<KubernetesObject>>) => ObjectCache<KubernetesObject>
let logged: Record<string, unknown>[]

beforeEach(async () => {
  api = new FakeApi()
  await api.start()
  folder = await mkdtemp(join(tmpdir(), 'sluice-cache-'))
  const client = kubernetesClient(await api.kubeconfig(join(folder, 'kubeconfig')))
  const list = async () =>
    (await client.custom.listClusterCustomObject(ROLLOUTS)) as KubernetesListObject<KubernetesObject>
  logged = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  source = { kind: 'rollouts', path: '/apis/sluice.dev/v1alpha1/rollouts', list }
  cacheOf = (changes) => new ObjectCache(client, { ...source, ...changes }, log)
  cache = cacheOf({})
})
afterEach(async () => {
  await cache.stop()
  await api.stop()
  await rm(folder, { recursive: true })
})

const until = async (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), 10_000)

describe('a kind that cannot be read', () => {
  it.each([
    [403, 'rollouts.sluice.dev is forbidden', 'Sluice needs the rights list and watch'],
    [404, '404 page not found', 'the cluster does not know this kind: install its CRD'],
    [500, 'etcd is away', ''],
  ])('because the API server answers %i is told once, not at every try', async (code, message, remedy) => {
    api.refusal = { code, message }
    await cache.start()
    await until(() => api.requests.length >= 3)
    expect(logged).toMatchObject([
      {
        level: 40,
        kind: 'rollouts',
        problem: expect.stringContaining(`the API server answered ${code}: ${message}`),
        msg: 'the API server cannot be watched, trying again',
      },
    ])
    expect(cache.pulse.trouble()).toBe(logged[0]?.['problem'])
    expect(logged[0]?.['problem']).toContain(remedy)
  })

  it('because there is no API server is told with the cause', async () => {
    await api.stop()
    await cache.start()
    expect(logged[0]?.['problem']).toMatch(/^connect ECONNREFUSED 127/)
    api = new FakeApi()
    await api.start()
  })

  it('is read as soon as it can be', async () => {
    api.refusal = { code: 404, message: '404 page not found' }
    api.add('rollouts', { metadata: { namespace: 'shop', name: 'reviews' } })
    await cache.start()
    expect(cache.isSynced()).toBe(false)
    api.refusal = undefined
    await cache.whenSynced()
    expect(cache.get({ namespace: 'shop', name: 'reviews' })).toBeDefined()
    await until(() => cache.pulse.trouble() === undefined)
  })
})

describe('a kind that the cluster may lack', () => {
  beforeEach(() => {
    cache = cacheOf({ isOptional: true })
  })

  it('counts as read while it is lacking, and is told', async () => {
    api.refusal = { code: 404, message: '404 page not found' }
    await cache.start()
    await cache.whenSynced()
    expect([cache.isSynced(), cache.isAbsent(), cache.list()]).toEqual([true, true, []])
    expect(logged[0]?.['problem']).toContain('the cluster does not know this kind: install its CRD')
  })

  it('is not looked for all the time, and read once it is there', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      api.refusal = { code: 404, message: '404 page not found' }
      await cache.start()
      expect(api.requests).toHaveLength(1)
      api.refusal = undefined
      api.add('rollouts', { metadata: { namespace: 'shop', name: 'reviews' } })
      await vi.advanceTimersByTimeAsync(29_000)
      expect(api.requests).toHaveLength(1)
      await vi.advanceTimersByTimeAsync(1_000)
    } finally {
      vi.useRealTimers()
    }
    await until(() => cache.list().length === 1 && !cache.isAbsent())
  })

  it('is not read while the right to do so is missing', async () => {
    api.refusal = { code: 403, message: 'no' }
    await cache.start()
    expect([cache.isSynced(), cache.isAbsent()]).toEqual([false, false])
  })
})

describe('a kind that may be listed but not watched', () => {
  it('is told, with what to do', async () => {
    api.refusalOfWatches = { code: 403, message: 'no' }
    await cache.start()
    expect(logged[0]?.['problem']).toMatch(/^the API server answered 403: Forbidden; Sluice needs the rights/)
  })
})

describe('a watch that breaks for a moment', () => {
  it('is begun anew, and not worth a warning', async () => {
    await cache.start()
    await until(() => api.requests.length === 2)
    api.refusal = { code: 503, message: 'starting' }
    api.cut()
    await until(() => api.requests.length >= 3)
    api.refusal = undefined
    await until(() => api.requests.length === 4)
    api.add('rollouts', { metadata: { namespace: 'shop', name: 'reviews' } })
    await until(() => cache.list().length === 1)
    expect(logged).toEqual([])
  })
})

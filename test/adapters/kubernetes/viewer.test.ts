import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { rolloutViewer } from '../../../src/adapters/kubernetes/viewer.ts'
import type { RolloutSight, RolloutViewer } from '../../../src/ports-views.ts'
import { FakeApi } from './fake-api.ts'

const REF = { namespace: 'shop', name: 'reviews' }
const rollout = (name: string, message: string, namespace = 'shop') => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace, uid: `uid-${name}`, managedFields: [{ manager: 'kubectl' }] },
  spec: { version: 'v2' },
  status: { message },
})
const event = (name: string, second: number, uid = 'uid-reviews') => ({
  metadata: { name, namespace: 'shop' },
  involvedObject: { kind: 'Rollout', name: 'reviews', uid },
  type: 'Warning',
  reason: name,
  message: `message of ${name}`,
  lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
})

let api: FakeApi
let folder: string
let viewer: RolloutViewer

beforeEach(async () => {
  api = new FakeApi()
  await api.start()
  folder = await mkdtemp(join(tmpdir(), 'sluice-viewer-'))
  viewer = rolloutViewer(kubernetesClient(await api.kubeconfig(join(folder, 'kubeconfig'))))
})
afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

/** Follows in the background; what was seen last can be asked for. */
function follow() {
  const sights: RolloutSight[] = []
  const over = new AbortController()
  const ended = viewer.follow(REF, (sight) => sights.push(sight), over.signal)
  const until = async (holds: (sight: RolloutSight) => boolean) =>
    vi.waitFor(() => {
      const last = sights.at(-1)
      if (last === undefined || !holds(last)) throw new Error(`last seen: ${JSON.stringify(last)}`)
      return last
    }, 10_000)
  return { sights, until, end: async () => (over.abort(), ended) }
}

describe('a list of Rollouts', () => {
  beforeEach(() => {
    api.add('rollouts', rollout('reviews', 'one'))
    api.add('rollouts', rollout('web', 'two', 'front'))
  })

  it('is of a namespace or of all', async () => {
    expect((await viewer.list('front')).map(({ meta }) => meta.name)).toEqual(['web'])
    expect((await viewer.list(undefined)).map(({ meta }) => meta.name)).toEqual(['reviews', 'web'])
  })

  it('carries whole objects, without the bookkeeping of field managers', async () => {
    const [found] = await viewer.list('shop')
    expect(found?.manifest).toEqual({
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'reviews', namespace: 'shop', uid: 'uid-reviews', resourceVersion: '2' },
      spec: { version: 'v2' },
      status: { message: 'one' },
    })
  })

  it('is refused in the words of the API server', async () => {
    api.refusal = { code: 403, message: 'rollouts.sluice.dev is forbidden' }
    await expect(viewer.list('shop')).rejects.toThrow(
      'the API server answered 403: rollouts.sluice.dev is forbidden',
    )
  })
})

describe('following a Rollout', () => {
  it('begins with what is there, events in order, and asks for nothing else', async () => {
    api.add('rollouts', rollout('reviews', 'one'))
    api.add('events', event('Second', 2))
    api.add('events', event('First', 1))
    api.add('events', event('OfAFormerRollout', 1, 'uid-former'))
    const { sights, until, end } = follow()
    await until(() => true)
    expect(sights[0]?.rollout?.status.message).toBe('one')
    expect(sights[0]?.events).toEqual([
      { at: Date.UTC(2026, 0, 1, 0, 0, 1), type: 'Warning', reason: 'First', message: 'message of First' },
      { at: Date.UTC(2026, 0, 1, 0, 0, 2), type: 'Warning', reason: 'Second', message: 'message of Second' },
    ])
    await end()
    expect(api.requests.every((path) => path.includes('fieldSelector='))).toBe(true)
    expect(api.requests.every((path) => path.includes('/namespaces/shop/'))).toBe(true)
  })

  it('tells changes, new events and the end of the Rollout', async () => {
    api.add('rollouts', rollout('reviews', 'one'))
    const { until, end } = follow()
    await until(({ rollout: seen }) => seen?.status.message === 'one')
    api.add('rollouts', rollout('reviews', 'two'))
    await until(({ rollout: seen }) => seen?.status.message === 'two')
    api.add('events', event('News', 5))
    await until(({ events }) => events[0]?.reason === 'News')
    api.remove('rollouts', 'reviews')
    expect(await until(({ rollout: seen }) => seen === undefined)).toEqual({ rollout: undefined, events: [] })
    await end()
  })

  it('tells that the connection broke, and goes on by itself', async () => {
    api.add('rollouts', rollout('reviews', 'one'))
    const { until, end } = follow()
    await until(() => true)
    api.refusal = { code: 503, message: 'starting' }
    api.cut()
    expect((await until(({ problem }) => problem !== undefined)).rollout?.status.message).toBe('one')
    api.refusal = undefined
    await until(({ problem }) => problem === undefined)
    api.add('rollouts', rollout('reviews', 'two'))
    await until(({ rollout: seen }) => seen?.status.message === 'two')
    await end()
  })

  it('fails when the cluster refuses from the beginning', async () => {
    api.refusal = { code: 403, message: 'no' }
    const over = new AbortController()
    await expect(viewer.follow(REF, () => undefined, over.signal)).rejects.toThrow(
      'the API server answered 403: no',
    )
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { objectReader } from '../../../src/adapters/kubernetes/reader.ts'
import type { ObjectReader } from '../../../src/ports-views.ts'
import { FakeApi } from './fake-api.ts'

const REF = { namespace: 'shop', name: 'reviews' }

let api: FakeApi
let folder: string
let reader: ObjectReader

beforeEach(async () => {
  api = new FakeApi()
  await api.start()
  folder = await mkdtemp(join(tmpdir(), 'sluice-reader-'))
  reader = objectReader(kubernetesClient(await api.kubeconfig(join(folder, 'kubeconfig'))))
})
afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

describe('the reader of objects', () => {
  it('takes an object, or a kind, that the cluster does not know for absent', async () => {
    api.refusal = { code: 404, message: 'not found' }
    expect(await reader.read('Service', REF)).toBeUndefined()
    expect(await reader.read('VirtualService', REF)).toBeUndefined()
    expect(await reader.read('Namespace', { namespace: '', name: 'shop' })).toBeUndefined()
    expect(await reader.list('DestinationRule', undefined)).toEqual([])
  })

  it('asks for nothing but what is to be read', async () => {
    api.refusal = { code: 404, message: 'not found' }
    await reader.read('Service', REF)
    await reader.read('DestinationRule', REF)
    await reader.list('VirtualService', undefined)
    await reader.list('ServiceEntry', undefined)
    await reader.list('Deployment', 'shop')
    await reader.pods('shop')
    expect(api.requests).toEqual([
      '/api/v1/namespaces/shop/services/reviews',
      '/apis/networking.istio.io/v1/namespaces/shop/destinationrules/reviews',
      '/apis/networking.istio.io/v1/virtualservices',
      '/apis/networking.istio.io/v1/serviceentries',
      '/apis/apps/v1/namespaces/shop/deployments',
      '/api/v1/namespaces/shop/pods',
    ])
  })

  it('gives objects as they are', async () => {
    api.add('rollouts', { metadata: { ...REF, uid: 'u' }, spec: { version: 'v1' } })
    const metadata = { ...REF, uid: 'u', resourceVersion: '2' }
    expect(await reader.list('Rollout', 'shop')).toEqual([{ metadata, spec: { version: 'v1' } }])
  })
})

import type { VirtualService } from '../../src/core/traffic/types.ts'
import { SERVICE, aDestinationRule, aSubset, aVirtualService, to } from '../core/shop.ts'
import { FakeProxies } from '../fakes/propagation.ts'
import { openFake } from './fake-cluster.ts'
import { propagationContract } from './propagation.ts'

propagationContract('in memory', async () => {
  const { fake, cluster, close } = openFake()
  const { store, proxies } = fake
  const metadata = { name: 'reviews', namespace: 'shop' }
  store.create({ kind: 'Service', metadata, spec: { selector: { app: 'reviews' } } })
  store.create({
    kind: 'Pod',
    metadata: { ...metadata, labels: { app: 'reviews', version: 'v1' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  })
  await cluster.create(aDestinationRule([aSubset('v1'), aSubset('v2')]))
  await cluster.create(aVirtualService([to('v1')]))
  const unreachable = new FakeProxies(store)
  unreachable.fail('ECONNREFUSED')
  return {
    close,
    propagation: proxies,
    unreachable,
    service: SERVICE,
    virtualService: metadata,
    route: async (weights, testers) => {
      const route = Object.entries(weights).map(([subset, weight]) => to(subset, weight))
      const { spec } = aVirtualService(route)
      const front = testers === undefined ? [] : [{ name: 'testers', route: [to(testers)] }]
      const http = [...front, ...(spec.http ?? [])]
      store.change<VirtualService>('VirtualService', metadata, (object) => ({
        ...object,
        spec: { ...spec, http },
      }))
    },
  }
})

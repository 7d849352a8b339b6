import { randomUUID } from 'node:crypto'
import { demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { envoyAdmin } from '../../../src/adapters/istio/envoy-admin.ts'
import { propagationContract } from '../../contract/propagation.ts'
import { Shop } from '../sandbox/shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** Nothing listens at the discard port. */
const NOBODY = 'http://127.0.0.1:9'

propagationContract('Envoy', async () => {
  const env = workerSandbox()
  const shop = new Shop(env, `contract-${randomUUID().slice(0, 8)}`)
  const { namespace } = shop
  await shop.open()
  return {
    propagation: envoyAdmin([env.envoyAdmin]),
    unreachable: envoyAdmin([NOBODY]),
    service: { namespace, name: 'reviews' },
    virtualService: { namespace, name: 'reviews' },
    route: async (weights, testers) => {
      const object = demoVirtualService({ name: 'reviews', namespace, weights })
      const { http } = object.spec as { http: object[] }
      const host = `reviews.${namespace}.svc.cluster.local`
      const match = [{ name: 'header', headers: { 'x-canary': { exact: 'yes' } } }]
      const route = [{ destination: { host, subset: testers, port: { number: 9080 } } }]
      if (testers !== undefined) http.unshift({ name: 'testers', match, route })
      await shop.apply(object)
    },
    close: async () => shop.close(),
  }
})

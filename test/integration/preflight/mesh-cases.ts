import type { Shop } from '../../../sandbox/kit/shop.ts'
import { copyElsewhere, elsewhere, patchCore, setRoutes, setVirtualService } from './mesh-edits.ts'
import { existing, leadingTo, routeOf } from './object-cases.ts'
import type { BadInput } from './bad-input.ts'

type TakeAway = () => Promise<void>

const toV1 = (shop: Shop) => leadingTo({ host: shop.host, subset: 'v1' })
const routeAsBefore = async (shop: Shop) => setRoutes(shop, [toV1(shop)])
const vsOf = (namespace: string) => `VirtualService ${namespace}/reviews`
const label = (mode: string | null) => ({ metadata: { labels: { 'istio.io/dataplane-mode': mode } } })

const UNSUPPORTED: readonly BadInput[] = [
  {
    title: 'a route that delegates to another VirtualService',
    says: (namespace) => [routeOf(namespace), 'has delegate', 'name a route with destinations'],
    spoil: async (shop) =>
      setRoutes(shop, [{ name: 'primary', match: [{ uri: { prefix: '/' } }], delegate: { name: 'child' } }]),
    mend: routeAsBefore,
  },
  {
    title: 'a VirtualService that is a delegate itself',
    says: (namespace) => [vsOf(namespace), 'has no hosts', 'delegate of another one'],
    spoil: async (shop) => setVirtualService(shop, { hosts: [] }),
    mend: async (shop) => setVirtualService(shop, { hosts: [shop.host] }),
  },
  ...['tcp', 'tls'].map((kind): BadInput => ({
    title: `a VirtualService with ${kind} routes only`,
    says: (namespace) => [vsOf(namespace), 'no http route to reviews', `its ${kind} routes cannot be moved`],
    spoil: async (shop) => setVirtualService(shop, { http: null, [kind]: [rawRoute(shop, kind)] }),
    mend: async (shop) => setVirtualService(shop, { http: [toV1(shop)], [kind]: null }),
  })),
  {
    title: 'two routes of the name that is asked for',
    says: () => ['virtualServices[0].routes', '2 http routes', 'name one of: primary, primary'],
    spoil: async (shop) => setRoutes(shop, [toV1(shop), { ...toV1(shop), timeout: '9s' }]),
    wants: existing([{ name: 'reviews', routes: ['primary'] }]),
    mend: async (shop) => {
      await shop.patchRollout(existing([{ name: 'reviews' }]))
      await routeAsBefore(shop)
    },
  },
  {
    title: 'a VirtualService that is named twice, once with its namespace',
    says: (namespace) => ['virtualServices[1]', vsOf(namespace), 'is named twice', 'in one entry'],
    wants: (namespace) => existing([{ name: 'reviews' }, { name: 'reviews', namespace }]),
    mend: async (shop) => shop.patchRollout(existing([{ name: 'reviews' }])),
  },
]

const ELSEWHERE: readonly BadInput[] = [
  {
    title: 'a VirtualService of another namespace that does not allow it',
    says: (namespace) => [
      `VirtualService default/${elsewhere(namespace)}`,
      'is in another namespace',
      `sluice.dev/allow-from: ${namespace}`,
    ],
    spoil: async (shop) =>
      copyElsewhere(shop, 'virtualservices', { hosts: [`${shop.namespace}.example.com`] }),
    wants: (namespace) => existing([{ name: elsewhere(namespace), namespace: 'default' }]),
    mend: async (shop, takeAway) => {
      await shop.patchRollout(existing([{ name: 'reviews' }]))
      await (takeAway as TakeAway)()
    },
  },
  {
    title: 'DestinationRules for the host in two namespaces',
    says: (namespace) => [
      `DestinationRule default/${elsewhere(namespace)}`,
      `reviews.${namespace}.svc.cluster.local`,
      'keep one of them',
    ],
    spoil: async (shop) => copyElsewhere(shop, 'destinationrules'),
    isUnwatched: true,
    mend: async (_, takeAway) => (takeAway as TakeAway)(),
  },
  {
    title: 'a Service that selects one version',
    says: (namespace) => [`Service ${namespace}/reviews`, 'selects version=v1', 'take the label out'],
    spoil: async (shop) => patchCore(shop, 'Service', { spec: { selector: { version: 'v1' } } }),
    mend: async (shop) => patchCore(shop, 'Service', { spec: { selector: { version: null } } }),
  },
  {
    title: 'a namespace in ambient mode',
    says: (namespace) => [`namespace ${namespace} is in ambient mode`, 'needs sidecars or gateways'],
    spoil: async (shop) => patchCore(shop, 'Namespace', label('ambient')),
    isUnwatched: true,
    mend: async (shop) => patchCore(shop, 'Namespace', label(null)),
  },
]

function rawRoute(shop: Shop, kind: string): object {
  const route = [{ destination: { host: shop.host, subset: 'v1', port: { number: 9080 } } }]
  const match = kind === 'tls' ? [{ port: 9443, sniHosts: [shop.host] }] : [{ port: 9080 }]
  return { match, route }
}

/** What a mesh may have beside plain routes, which a release cannot move. */
export const MESH_CASES: readonly BadInput[] = [...UNSUPPORTED, ...ELSEWHERE]

import type { Shop } from '../../../sandbox/kit/shop.ts'
import { editRoute, setRoutes, setRule, takeAway } from './mesh-edits.ts'
import type { BadInput } from './bad-input.ts'

type PutBack = () => Promise<void>

/** The managed objects by other names, for a spec that names what is not there. */
const traffic = (changes: object) => ({
  traffic: {
    service: 'reviews',
    existing: { virtualServices: [{ name: 'reviews' }], destinationRule: { name: 'reviews' } },
    ...changes,
  },
})
/** The shop's traffic over the given VirtualServices. */
export const existing = (virtualServices: readonly object[]) =>
  traffic({ existing: { virtualServices, destinationRule: { name: 'reviews' } } })
const asBefore = async (shop: Shop) => shop.patchRollout(traffic({}))

const NAMED: readonly BadInput[] = [
  {
    title: 'a Service that does not exist',
    says: (namespace) => [
      'spec.traffic.service',
      `there is no Service ${namespace}/nowhere`,
      'create it or correct',
    ],
    wants: traffic({ service: 'nowhere' }),
    mend: asBefore,
  },
  {
    title: 'a VirtualService that does not exist',
    says: (namespace) => [
      'spec.traffic.existing.virtualServices[0].name',
      `there is no VirtualService ${namespace}/absent`,
      'create it or correct',
    ],
    wants: traffic({
      existing: { virtualServices: [{ name: 'absent' }], destinationRule: { name: 'reviews' } },
    }),
    mend: asBefore,
  },
  {
    title: 'a VirtualService that was deleted',
    says: (namespace) => ['spec.traffic.existing.virtualServices[0].name', `${namespace}/reviews`],
    spoil: async (shop) => takeAway(shop, 'virtualservices'),
    mend: async (_, putBack) => (putBack as PutBack)(),
  },
  {
    title: 'a DestinationRule that was deleted',
    says: (namespace) => [
      'spec.traffic.existing.destinationRule.name',
      `there is no DestinationRule ${namespace}/reviews`,
      'create it or correct',
    ],
    spoil: async (shop) => takeAway(shop, 'destinationrules'),
    mend: async (_, putBack) => (putBack as PutBack)(),
  },
  {
    title: 'a route name that the VirtualService lacks',
    says: () => ['virtualServices[0].routes[0]', 'no http route named second to reviews', 'allowed: primary'],
    wants: traffic({
      existing: {
        virtualServices: [{ name: 'reviews', routes: ['second'] }],
        destinationRule: { name: 'reviews' },
      },
    }),
    mend: asBefore,
  },
]

const ROUTES: readonly BadInput[] = [
  {
    title: 'a VirtualService whose host is another service',
    says: (namespace) => [
      'virtualServices[0]',
      'no http route to reviews',
      `reviews.${namespace}.svc.cluster.local`,
    ],
    spoil: async (shop) => editRoute(shop, () => leadingTo({ host: 'ratings', subset: 'v1' })),
    mend: async (shop) => setRoutes(shop, [leadingTo({ host: shop.host, subset: 'v1' })]),
  },
  {
    title: 'a route that redirects',
    says: (namespace) => [routeOf(namespace), 'has redirect', 'name a route with destinations'],
    spoil: async (shop) => setRoutes(shop, [{ name: 'primary', redirect: { uri: '/moved' } }]),
    mend: async (shop) => setRoutes(shop, [leadingTo({ host: shop.host, subset: 'v1' })]),
  },
  {
    title: 'a route that is named and answers directly',
    says: (namespace) => [routeOf(namespace), 'has directResponse', 'name a route with destinations'],
    spoil: async (shop) => setRoutes(shop, [{ name: 'primary', directResponse: { status: 503 } }]),
    wants: traffic({
      existing: {
        virtualServices: [{ name: 'reviews', routes: ['primary'] }],
        destinationRule: { name: 'reviews' },
      },
    }),
    mend: async (shop) => {
      await asBefore(shop)
      await setRoutes(shop, [leadingTo({ host: shop.host, subset: 'v1' })])
    },
  },
  {
    title: 'two routes to the service and none of them named',
    says: () => ['virtualServices[0].routes', '2 http routes', 'name one of: primary, second'],
    spoil: async (shop) =>
      setRoutes(shop, [
        leadingTo({ host: shop.host, subset: 'v1' }),
        { ...leadingTo({ host: shop.host, subset: 'v1' }), name: 'second' },
      ]),
    mend: async (shop) => setRoutes(shop, [leadingTo({ host: shop.host, subset: 'v1' })]),
  },
]

const RULES: readonly BadInput[] = [
  {
    title: 'a DestinationRule for another host',
    says: (namespace) => [
      ruleOf(namespace),
      'is for host ratings',
      `allowed: reviews or reviews.${namespace}.svc.cluster.local`,
    ],
    spoil: async (shop) => setRule(shop, { host: 'ratings' }),
    mend: async (shop) => setRule(shop, { host: shop.host }),
  },
]

/** What Sluice would put right by itself where a mark tells how it was. */
export const FIRST_CASES: readonly BadInput[] = [
  {
    title: 'a route without a subset',
    says: (namespace) => [routeOf(namespace), 'sends to reviews without a subset', 'name the stable version'],
    spoil: async (shop) => editRoute(shop, () => leadingTo({ host: shop.host })),
    mend: async (shop) => setRoutes(shop, [leadingTo({ host: shop.host, subset: 'v1' })]),
  },
  {
    title: 'a subset of the route that the DestinationRule lacks',
    says: (namespace) => ['names subset v1', `${ruleOf(namespace)} lacks`, 'allowed: other'],
    spoil: async (shop) => setRule(shop, { subsets: [{ name: 'other', labels: { version: 'other' } }] }),
    mend: async (shop) => setRule(shop, { subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
  },
  {
    title: 'a subset that does not select by the version',
    says: () => ['subset v1', 'does not select by the label version', 'spec.versionLabel'],
    spoil: async (shop) => setRule(shop, { subsets: [{ name: 'v1', labels: { app: 'reviews' } }] }),
    mend: async (shop) => setRule(shop, { subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
  },
]

/** The one route, to a destination. */
export function leadingTo(destination: { readonly host: string; readonly subset?: string }): object {
  return {
    name: 'primary',
    route: [{ destination: { ...destination, port: { number: 9080 } }, weight: 100 }],
  }
}

/** That route, as messages name it. */
export function routeOf(namespace: string): string {
  return `http route primary of VirtualService ${namespace}/reviews`
}

function ruleOf(namespace: string): string {
  return `DestinationRule ${namespace}/reviews`
}

/** What may be wrong with Service, VirtualService and DestinationRule. */
export const OBJECT_CASES: readonly BadInput[] = [...NAMED, ...ROUTES, ...RULES]

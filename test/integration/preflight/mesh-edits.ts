import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import type { HttpRoute } from '../../../src/core/traffic/types.ts'

const ISTIO = { group: 'networking.istio.io', version: 'v1' }
type Plural = 'virtualservices' | 'destinationrules'

/** Sets the http routes of the shop's VirtualService. */
export async function setRoutes(shop: Shop, http: readonly unknown[]): Promise<void> {
  await patchSpec(shop, 'virtualservices', { http })
}

/** Changes the one http route of the shop's VirtualService. */
export async function editRoute(shop: Shop, change: (route: HttpRoute) => object): Promise<void> {
  const [route] = (await shop.virtualService()).spec.http ?? []
  if (route === undefined) throw new Error('the VirtualService has no http route')
  await setRoutes(shop, [change(route)])
}

/** Sets fields of the DestinationRule's spec. */
export async function setRule(shop: Shop, spec: object): Promise<void> {
  await patchSpec(shop, 'destinationrules', spec)
}

/** Sets fields of the VirtualService's spec; null takes one away. */
export async function setVirtualService(shop: Shop, spec: object): Promise<void> {
  await patchSpec(shop, 'virtualservices', spec)
}

/** Creates a copy of a mesh object in the namespace `default`; the result takes it away. */
export async function copyElsewhere(
  shop: Shop,
  plural: Plural,
  spec: object = {},
): Promise<() => Promise<void>> {
  const object = plural === 'virtualservices' ? await shop.virtualService() : await shop.destinationRule()
  const { apiVersion, kind } = object
  const place = { ...ISTIO, plural, namespace: 'default' }
  const name = elsewhere(shop.namespace)
  const body = { apiVersion, kind, metadata: { name }, spec: { ...object.spec, ...spec } }
  await shop.custom.createNamespacedCustomObject({ ...place, body })
  return async () => {
    await shop.custom.deleteNamespacedCustomObject({ ...place, name })
  }
}

/** Name of such a copy. */
export function elsewhere(namespace: string): string {
  return `copy-of-${namespace}`
}

/** Changes the Service `reviews`, or its namespace. */
export async function patchCore(shop: Shop, what: 'Service' | 'Namespace', body: object): Promise<void> {
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  const { namespace } = shop
  if (what === 'Namespace') await shop.core.patchNamespace({ name: namespace, body }, options)
  else await shop.core.patchNamespacedService({ name: 'reviews', namespace, body }, options)
}

async function patchSpec(shop: Shop, plural: Plural, spec: object): Promise<void> {
  const request = { ...ISTIO, plural, namespace: shop.namespace, name: 'reviews', body: { spec } }
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  await shop.custom.patchNamespacedCustomObject({ ...request, fieldManager: 'shop-owner' }, options)
}

/** Deletes a mesh object; the result puts it back as it was. */
export async function takeAway(shop: Shop, plural: Plural): Promise<() => Promise<void>> {
  const place = { ...ISTIO, plural, namespace: shop.namespace }
  const object = plural === 'virtualservices' ? await shop.virtualService() : await shop.destinationRule()
  await shop.custom.deleteNamespacedCustomObject({ ...place, name: 'reviews' })
  const { apiVersion, kind, metadata, spec } = object
  const { name, namespace, annotations } = metadata
  const body = { apiVersion, kind, metadata: { name, namespace, ...(annotations && { annotations }) }, spec }
  return async () => {
    await shop.custom.createNamespacedCustomObject({ ...place, body })
  }
}

/** Sends all requests to one version, which is the only one that the DestinationRule knows. */
export async function setSubset(shop: Shop, version: string): Promise<void> {
  await setRule(shop, { subsets: [{ name: version, labels: { version } }] })
  await editRoute(shop, (route) => ({
    ...route,
    route: [{ destination: { host: shop.host, subset: version }, weight: 100 }],
  }))
}

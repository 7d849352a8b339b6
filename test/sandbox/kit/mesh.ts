import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import type { MeshObjects } from '../../../sandbox/kit/route.ts'

/** What a test makes of the mesh objects of a service. */
export interface MeshShape {
  /** Version and weight of each destination. */
  readonly route: readonly (readonly [version: string, weight?: number])[]
  /** Versions that have a subset. */
  readonly subsets: readonly string[]
  /** Marks on both objects. */
  readonly marks?: readonly Record<string, unknown>[]
  readonly timeout?: string
  readonly policy?: string
  readonly note?: string
}

/** VirtualService and DestinationRule of `reviews`. */
export function meshOf({ route, subsets, marks, timeout = '3s', policy, note }: MeshShape): MeshObjects {
  const annotations = {
    ...(marks && { [MARK_ANNOTATION]: JSON.stringify(marks) }),
    ...(note !== undefined && { note }),
  }
  const metadata = { name: 'reviews', namespace: 'shop', annotations }
  const destinations = route.map(([version, weight]) => {
    return { destination: { host: 'reviews', subset: version }, ...(weight !== undefined && { weight }) }
  })
  return {
    virtualService: {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: ['reviews'], http: [{ name: 'primary', timeout, route: destinations }] },
    },
    destinationRule: {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata,
      spec: {
        host: 'reviews',
        ...(policy !== undefined && { trafficPolicy: { loadBalancer: { simple: policy } } }),
        subsets: subsets.map((version) => ({ name: version, labels: { version } })),
      },
    },
  }
}

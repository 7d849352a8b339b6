import type { Plan } from '../../src/core/plan.ts'
import { initialState } from '../../src/core/machine/state.ts'
import type { Phase, ReleaseState, Side, Wanted } from '../../src/core/machine/state.ts'
import type { TrafficContext } from '../../src/core/traffic/context.ts'
import type {
  DestinationRule,
  HttpRoute,
  RouteDestination,
  Subset,
  VirtualService,
} from '../../src/core/traffic/types.ts'

/** The shop that tests of the core work on: service `reviews` in namespace `shop`, v1 to users, v2 on its way. */

export const ROLLOUT = { namespace: 'shop', name: 'reviews', uid: 'uid-reviews' } as const
export const KEY = 'shop/reviews'
export const SERVICE = { namespace: 'shop', name: 'reviews' } as const
export const V1: Side = { version: 'v1', subset: 'v1' }
export const V2: Side = { version: 'v2', subset: 'v2' }
/** When releases of tests start: milliseconds since the epoch. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5)

export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    generation: 1,
    service: 'reviews',
    versionLabel: 'version',
    virtualServices: [{ name: 'reviews', routes: ['primary'] }],
    destinationRule: 'reviews',
    steps: [5, 20, 100].map((weight) => ({ weight, holdMs: 10_000 })),
    metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }],
    intervalMs: 5_000,
    warmupMs: 2_000,
    falseRollback: 0.01,
    progressDeadlineMs: 60_000,
    capacity: 'Managed',
    retirePolicy: 'ScaleToZero',
    retireAfterMs: 30_000,
    ...changes,
  }
}

export function aWanted(changes: Partial<Wanted> = {}): Wanted {
  return {
    uid: ROLLOUT.uid,
    version: 'v2',
    templateHash: 'template-1',
    plan: aPlan(),
    paused: false,
    deleting: false,
    ...changes,
  }
}

/** A release of v2 in a phase, cleared by preflight where the phase lies behind it. */
export function aState(phase: Phase, changes: Partial<ReleaseState> = {}): ReleaseState {
  const begun = initialState(ROLLOUT, aWanted(), START)
  const cleared =
    phase === 'Preflight' || phase === 'Refused' ? {} : { id: 'v2-template-1-2', stable: V1, canary: V2 }
  return { ...begun, ...cleared, phase, seq: 10, stablePods: 4, ...changes }
}

/** One of the service's destinations. */
export function to(subset: string | undefined, weight?: number, host = 'reviews'): RouteDestination {
  const destination = { host, ...(subset !== undefined && { subset }), port: { number: 9080 } }
  return { destination, ...(weight !== undefined && { weight }) }
}

/** A VirtualService with the managed route between others, and with fields that are none of our business. */
export function aVirtualService(
  route: readonly RouteDestination[] = [to('v1')],
  changes: Partial<HttpRoute> = {},
): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name: 'reviews',
      namespace: 'shop',
      labels: { team: 'shop' },
      annotations: { 'example.com/note': 'keep' },
    },
    spec: {
      hosts: ['reviews.example.com'],
      gateways: ['shop/gateway'],
      exportTo: ['*'],
      http: [
        {
          name: 'images',
          match: [{ uri: { prefix: '/images' } }],
          route: [{ destination: { host: 'images' } }],
        },
        {
          name: 'primary',
          timeout: '3s',
          retries: { attempts: 2 },
          future: { field: [1, { two: 3 }] },
          route,
          ...changes,
        },
        { name: 'legacy', redirect: { uri: '/' } },
      ],
      tls: [
        {
          match: [{ port: 443, sniHosts: ['images.example.com'] }],
          route: [{ destination: { host: 'images' } }],
        },
      ],
    },
  }
}

/** The managed route of {@link aVirtualService}. */
export function primary(object: VirtualService): HttpRoute {
  const found = object.spec.http?.find((route) => route.name === 'primary')
  if (found === undefined) throw new Error('the VirtualService has no route named primary')
  return found
}

export function aSubset(version: string, changes: Partial<Subset> = {}): Subset {
  return {
    name: version,
    labels: { version },
    trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
    ...changes,
  }
}

export function aDestinationRule(
  subsets: readonly Subset[] = [aSubset('v1')],
  host = 'reviews',
): DestinationRule {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'reviews', namespace: 'shop', labels: { team: 'shop' } },
    spec: { host, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } }, subsets },
  }
}

/** What edits need to know of the release of v2 at a sequence. */
export function aContext(seq: number, changes: Partial<TrafficContext> = {}): TrafficContext {
  return {
    writer: { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-template-1-2', seq },
    route: { service: SERVICE, names: ['primary'] },
    stable: V1,
    canary: V2,
    ...changes,
  }
}

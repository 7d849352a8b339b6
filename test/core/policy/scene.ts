import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { ROLLOUT, SERVICE, aDestinationRule, aPlan, aVirtualService } from '../shop.ts'

/** Another Rollout that asks for the same route, and is older. */
export const anOlderRollout: RawRollout = {
  meta: {
    name: 'older',
    namespace: 'shop',
    uid: 'uid-older',
    generation: 1,
    resourceVersion: '1',
    creationTimestamp: '2025-01-01T00:00:00Z',
    finalizers: [],
  },
  spec: {
    traffic: {
      service: 'reviews',
      existing: { virtualServices: [{ name: 'reviews', routes: ['primary'] }] },
    },
  },
  status: {},
}

/** A scene in which all is in order for a release of v2. */
export function aScene(changes: Partial<Scene> = {}): Scene {
  return {
    rollout: ROLLOUT,
    plan: aPlan(),
    version: 'v2',
    initialVersion: undefined,
    status: {},
    service: { ...SERVICE, selector: { app: 'reviews' } },
    virtualServices: [aVirtualService()],
    destinationRule: aDestinationRule(),
    destinationRules: [],
    namespaceLabels: {},
    rollouts: [],
    readyPods: { v1: 4, v2: 2 },
    versions: ['v1', 'v2'],
    metrics: { scraped: true, boundariesMs: [100, 250, 500] },
    ...changes,
  }
}

/** A workload of a version, whose selector names the app and what is given. */
export function workload(version: string, also: Record<string, string> = { version }) {
  const matchLabels = { app: 'reviews', ...also }
  const podLabels = { app: 'reviews', version }
  return {
    version,
    name: `deployments.apps/reviews-${version}`,
    podLabels,
    selector: { matchLabels, matchExpressions: [] },
  }
}

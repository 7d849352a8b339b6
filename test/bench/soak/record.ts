import type { KubernetesObject } from '@kubernetes/client-node'
import type { Change } from '../../../sandbox/kit/ledger.ts'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import type { MeshObject } from '../../../src/core/traffic/types.ts'

/** The mark of the second release, in which v1 is stable and v2 is tried; `canary: undefined` says that it is over. */
export function aMark(changes: { [K in keyof Mark]?: Mark[K] | undefined } = {}): Mark {
  const mark = {
    rollout: 'shop/reviews',
    uid: 'uid',
    release: 'v2-1',
    seq: 4,
    stable: 'v1',
    canary: 'v2',
    weight: 0,
  }
  return { ...mark, ...changes } as Mark
}

/** A VirtualService that gives percents to subsets. */
export function aRoute(weights: Record<string, number>, mark?: Mark, more: object = {}): MeshObject {
  const route = Object.entries(weights).map(([subset, weight]) => ({
    destination: { host: 'reviews', subset },
    weight,
  }))
  const http = [
    { name: 'testers', route: [{ destination: { host: 'images' } }] },
    { name: 'primary', route, ...more },
  ]
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: metadataOf(mark),
    spec: { http },
  }
}

/** A DestinationRule with a subset for each version, named as the version. */
export function aRule(versions: readonly string[], mark?: Mark, more: object = {}): MeshObject {
  const subsets = versions.map((version) => ({ name: version, labels: { version } }))
  const spec = { host: 'reviews', subsets, ...more }
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: metadataOf(mark), spec }
}

function metadataOf(mark: Mark | undefined): MeshObject['metadata'] {
  const annotations = { team: 'shop', ...(mark && { [MARK_ANNOTATION]: JSON.stringify([mark]) }) }
  return { name: 'reviews', namespace: 'shop', annotations }
}

/** A Rollout whose status has a condition that is True. */
export function aRollout(reason: string): object {
  const status: RolloutStatus = {
    conditions: [{ type: 'Reconciling', status: 'True', reason, message: '', lastTransitionTime: '' }],
  }
  return { kind: 'Rollout', metadata: { name: 'reviews', namespace: 'shop' }, status }
}

/** What was written one after the other: by Sluice, unless the object stands beside the name of somebody else. */
export function recordOf(...written: (object | [string, object])[]): Change[] {
  const latest = new Map<string, KubernetesObject>()
  return written.map((entry, index) => {
    const [writer, object] = Array.isArray(entry) ? entry : ['sluice', entry]
    const after = object as KubernetesObject
    const kind = after.kind as Change['kind']
    const before = latest.get(kind)
    latest.set(kind, after)
    const where = { revision: index + 1, at: index, kind, namespace: 'shop', name: 'reviews' }
    return { ...where, ...(before && { before }), after, writer }
  })
}

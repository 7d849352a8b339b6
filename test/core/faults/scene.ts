import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import { injectFault } from '../../../src/core/faults/edits.ts'
import { faultId } from '../../../src/core/faults/record.ts'
import type { FaultRecord, Meets } from '../../../src/core/faults/record.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, ROLLOUT, START } from '../shop.ts'

/** Faults that tests of the core work on: what `reviews` of the shop calls is `ratings`. */

export const HOST = 'ratings.shop.svc.cluster.local'
export const LABELS = { app: 'reviews', version: 'v2' }
export const CALLERS: Meets & { kind: 'Callers' } = { kind: 'Callers', namespace: 'shop', labels: LABELS }
export const RELEASE = { uid: ROLLOUT.uid, id: 'v2-template-1-2', seq: 10 }

/** A fault of the release of v2, injected at START for half a minute. */
export function aRecord(changes: Partial<FaultRecord> = {}): FaultRecord {
  const name = changes.name ?? 'ratings-down'
  return {
    id: faultId(KEY, name),
    name,
    owner: KEY,
    release: RELEASE,
    reason: 'fault probe of v2 at 5 %',
    host: HOST,
    injectedAt: isoAt(0),
    expiresAt: isoAt(30_000),
    meets: CALLERS,
    abort: { percent: 100, httpStatus: 503 },
    ...changes,
  }
}

/** A time so many milliseconds after START. */
export function isoAt(ms: number): string {
  return new Date(START + ms).toISOString()
}

/** The VirtualService of the host, with one route unless others are given. */
export function aTarget(
  http: readonly HttpRoute[] = [{ name: 'all', route: [{ destination: { host: 'ratings' } }] }],
  spec: Readonly<Record<string, unknown>> = {},
): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'ratings', namespace: 'shop' },
    spec: { hosts: ['ratings'], ...spec, http },
  }
}

/** The object with the fault in it. Throws when that is refused. */
export function injected(object: VirtualService, record: FaultRecord = aRecord()): VirtualService {
  const edited = injectFault(record, 'shop')(object)
  if ('refused' in edited) throw new Error(`refused: ${edited.refused}`)
  return edited.object
}

/** The Rollout of the shop, its release at a sequence; undefined: the status tells of none. */
export function aRollout(
  release: { readonly id: string; readonly seq: number } | undefined = RELEASE,
  meta: Partial<RawRollout['meta']> = {},
): RawRollout {
  const rest = { phase: 'Probing', version: 'v2', templateHash: 'a', step: 1, steps: 3 }
  return {
    meta: { ...ROLLOUT, generation: 1, resourceVersion: '1', finalizers: [], creationTimestamp: '', ...meta },
    spec: {},
    status: release === undefined ? {} : { release: { ...rest, id: release.id, seq: release.seq } },
  }
}

import { withCopies } from '../../../src/core/faults/copies.ts'
import { withFaultRecords } from '../../../src/core/faults/record.ts'
import type { FaultRecord } from '../../../src/core/faults/record.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { START } from '../shop.ts'

export const DELAY = { delay: { percentage: { value: 50 }, fixedDelay: '7s' } }

/** A VirtualService with one route, in which somebody may have put a fault. */
export function routed(
  name: string,
  fault?: unknown,
  annotations: Record<string, string> = {},
): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop', ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      hosts: [name],
      http: [
        {
          name: 'primary',
          timeout: '3s',
          ...(fault !== undefined && { fault }),
          route: [{ destination: { host: name } }],
        },
      ],
    },
  }
}

/** The same as somebody wrote it at a time. */
export function setBy(object: VirtualService, manager: string, at: number): VirtualService {
  const fieldsV1 = { 'f:spec': { 'f:http': {} } }
  const managedFields = [{ manager, time: new Date(at).toISOString(), fieldsV1 }]
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

/** A fault of ours that ends some time after the start (milliseconds). */
export function aRecord(endsAfterMs: number, changes: Partial<FaultRecord> = {}): FaultRecord {
  return {
    id: 'abc1234',
    name: 'slow-ratings',
    owner: 'shop/reviews',
    reason: 'a probe',
    host: 'reviews.shop.svc.cluster.local',
    injectedAt: new Date(START - 60_000).toISOString(),
    expiresAt: new Date(START + endsAfterMs).toISOString(),
    meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'reviews', version: 'v2' } },
    delay: { percent: 100, delayMs: 2000 },
    ...changes,
  }
}

/** The VirtualService with faults of ours. */
export function probed(object: VirtualService, records: readonly FaultRecord[]): VirtualService {
  return withFaultRecords(withCopies(object, records), records)
}

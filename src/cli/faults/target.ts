import { keyOf } from '../../api/names.ts'
import { apply } from '../../activities/apply.ts'
import type { Applied } from '../../activities/apply.ts'
import { injectFault } from '../../core/faults/edits.ts'
import { madeRef, madeVirtualService } from '../../core/faults/made.ts'
import { faultsOf } from '../../core/faults/record.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import { faultTarget, unclearText } from '../../core/faults/target.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { ConflictError } from '../../ports.ts'
import type { MeshRef } from '../../ports.ts'
import type { Cluster } from '../shell.ts'
import { expiryText, ownerText } from '../view/faults.ts'
import { routesIn } from './survey.ts'

/** Where a fault goes. */
export interface Place extends MeshRef {
  readonly kind: 'VirtualService'
  /** There is none for the host: one is made, and goes with the fault. */
  readonly isMade: boolean
}

/** Where a fault for the callers of a host goes. Throws an Error that says why it cannot be written. */
export async function placeFor(
  { reader }: Cluster,
  host: string,
  namespace: string,
  now: number,
): Promise<Place> {
  const target = faultTarget(host, namespace, routesIn(await reader.list('VirtualService', undefined)))
  if (target.kind === 'Make') return { kind: 'VirtualService', ...madeRef(host, namespace), isMade: true }
  if (target.kind !== 'Existing') throw new Error(unclearText(host, target))
  const { metadata } = target.object
  const [other] = faultsOf(target.object)
  if (other !== undefined) throw new Error(takenText(keyOf(metadata), other, now))
  return { kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name, isMade: false }
}

function takenText(key: string, other: FaultRecord, now: number): string {
  return `a fault of ${ownerText(other)} stands in VirtualService ${key}: "${other.reason}"; it expires ${expiryText(other, now)}`
}

/**
 * Injects a fault, record and routes in one write. Throws an Error that says why it was refused; nothing stands then that
 * was not there before.
 */
export async function inject(
  cluster: Cluster,
  place: Place,
  record: FaultRecord,
  now: number,
): Promise<void> {
  const namespace = record.meets.kind === 'Callers' ? record.meets.namespace : place.namespace
  if (place.isMade) {
    await make(cluster, record, namespace)
    return
  }
  const applied = await apply(cluster.mesh, place, injectFault(record, namespace))
  if (applied === 'Written') return
  throw new Error(await refusedText(cluster, place, applied, { namespace, now }))
}

async function make({ making }: Cluster, record: FaultRecord, namespace: string): Promise<void> {
  try {
    await making.create(madeVirtualService(record, namespace))
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    throw new Error(`somebody else began a probe of ${record.host} at the same moment; try again`, {
      cause: error,
    })
  }
}

async function refusedText(
  { mesh }: Cluster,
  place: Place,
  applied: Applied,
  { namespace, now }: { readonly namespace: string; readonly now: number },
): Promise<string> {
  const key = keyOf(place)
  const object = (await mesh.read(place, 'Fresh')) as VirtualService | undefined
  const [other] = object === undefined ? [] : faultsOf(object)
  if (applied === 'Taken' && other !== undefined) return takenText(key, other, now)
  if (applied === 'NotAllowed')
    return `VirtualService ${key} is of another namespace: its owner allows it by the annotation sluice.dev/allow-from: ${namespace}`
  if (applied === 'NoRoute' && object !== undefined) return noRouteText(key, object)
  return `VirtualService ${key} is gone; try again`
}

/** Why no route of it can carry a fault. */
function noRouteText(key: string, { spec }: VirtualService): string {
  const { http = [] } = spec
  const why =
    http.length === 0
      ? 'it routes no HTTP'
      : http.some(({ delegate }) => delegate !== undefined)
        ? 'it leaves its routes to others (delegate)'
        : 'none of its routes leads these callers to a destination'
  return `VirtualService ${key} can carry no fault: ${why}`
}

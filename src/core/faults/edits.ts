import { isAllowed } from '../traffic/fence.ts'
import type { Edit } from '../traffic/edits.ts'
import type { VirtualService } from '../traffic/types.ts'
import { appliesToMesh, isFaultRoute } from './copies.ts'
import { expiryOf, faultsOf } from './record.ts'
import type { FaultRecord } from './record.ts'
import { withFaults } from './render.ts'
import type { Chosen } from './render.ts'

/**
 * Injects a fault: record and routes in one write. One that the same action wrote before goes on with its times, since
 * its duration is a limit. Refused where the object is in another namespace and
 * does not allow it (`NotAllowed`), no route of it can carry the fault (`NoRoute`), or another fault of ours stands whose
 * end has to be awaited (`Taken`).
 * @param from namespace of whoever injects it
 */
export function injectFault(record: FaultRecord, from: string): Edit<VirtualService> {
  return (object) => {
    if (!isAllowed(object.metadata, from)) return { refused: 'NotAllowed' }
    if (record.meets.kind === 'Callers' && !appliesToMesh(object)) return { refused: 'NoRoute' }
    const standing = faultsOf(object)
    if (standing.some(({ id }) => id !== record.id)) return { refused: 'Taken' }
    const injected = withFaults(object, [standing.find((one) => isSameProbe(one, record)) ?? record])
    const carries = injected.spec.http?.some((route) => isFaultRoute(route) && route['fault'] !== undefined)
    return carries === true ? { object: injected } : { refused: 'NoRoute' }
  }
}

/** Was a record written by the same action? */
export function isSameProbe({ release }: FaultRecord, record: FaultRecord): boolean {
  return release !== undefined && release.id === record.release?.id && release.seq === record.release.seq
}

/**
 * Takes faults of ours out of a VirtualService, and routes of ours that no record knows; all else stays as it is. What
 * somebody wrote into a route of ours goes with it.
 */
export function removeFaults(chosen: Chosen): Edit<VirtualService> {
  return (object) => ({
    object: withFaults(
      object,
      faultsOf(object).filter((record) => !chosen(record)),
    ),
  })
}

/** Those whose time is over. @param now milliseconds since the epoch */
export function isExpired(now: number): Chosen {
  return (record) => expiryOf(record) <= now
}

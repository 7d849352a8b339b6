import type { VirtualService } from '../traffic/types.ts'
import { withCopies } from './copies.ts'
import { faultsOf, withFaultRecords } from './record.ts'
import type { FaultRecord } from './record.ts'

/** Which faults of ours are meant. */
export type Chosen = (record: FaultRecord) => boolean

/** Those of releases of a Rollout (its uid), whichever of their actions injected them. */
export function ofRollout(uid: string): Chosen {
  return ({ release }) => release?.uid === uid
}

/**
 * The VirtualService with the routes of its faults as its own routes are now: whoever changes these renders the copies
 * anew, so that whoever meets a fault never goes where nobody else goes any more.
 */
export function followFaults(object: VirtualService): VirtualService {
  return withFaults(object, faultsOf(object))
}

/** The same without the faults of a Rollout (its uid). */
export function withoutFaultsOf(object: VirtualService, uid: string): VirtualService {
  const chosen = ofRollout(uid)
  return withFaults(
    object,
    faultsOf(object).filter((record) => !chosen(record)),
  )
}

/** The VirtualService with these faults of ours and no others, in annotation and routes. */
export function withFaults(object: VirtualService, records: readonly FaultRecord[]): VirtualService {
  const isUntold = records.length === 0 && faultsOf(object).length === 0
  const copied = withCopies(object, records)
  // An annotation that nobody can read is left to whoever wrote it, unless something of ours is to be said.
  return isUntold ? copied : withFaultRecords(copied, records)
}

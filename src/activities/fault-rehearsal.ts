import { keyOf } from '../api/names.ts'
import { injectFault } from '../core/faults/edits.ts'
import { madeVirtualService } from '../core/faults/made.ts'
import { probeRecord } from '../core/faults/probe-record.ts'
import type { FaultRecord } from '../core/faults/record.ts'
import { faultTarget } from '../core/faults/target.ts'
import { dueDependencies } from '../core/policy/fault-scene.ts'
import type { DueDependency } from '../core/policy/fault-scene.ts'
import { canaryLabels } from '../core/policy/fault-sidecars.ts'
import type { Scene, WriteRefusal } from '../core/policy/scene.ts'
import type { MeshObject } from '../core/traffic/types.ts'
import { ConflictError, RefusedError } from '../ports.ts'
import type { Ports } from '../ports.ts'

type Rehearsing = Pick<Ports, 'mesh' | 'making' | 'clock'>

/** A write that a probe would make. */
interface FaultWrite {
  readonly object: MeshObject
  /** It would be made; else it is there, and changed. */
  readonly isNew: boolean
}

/**
 * Asks the API server whether it would take the faults that a release depends on; nothing is changed. One request a
 * probe. Throws what else goes wrong.
 */
export async function rehearseFaults(ports: Rehearsing, scene: Scene): Promise<WriteRefusal[]> {
  const due = dueDependencies(scene.plan).filter(({ fault }) => fault.required)
  const refusals = await Promise.all(due.map(async (one) => refusalOf(ports, scene, one)))
  return refusals.flatMap((refusal) => refusal ?? [])
}

async function refusalOf(
  ports: Rehearsing,
  scene: Scene,
  due: DueDependency,
): Promise<WriteRefusal | undefined> {
  const write = writeOf(ports, scene, due)
  if (write === undefined) return undefined
  try {
    await (write.isNew ? ports.making.rehearse(write.object) : ports.mesh.rehearse(write.object))
  } catch (error) {
    const object = `VirtualService ${keyOf(write.object.metadata)} with the fault of ${due.name}`
    if (error instanceof RefusedError) return { object, problem: error.message }
    // Somebody wrote meanwhile, or another Rollout made it: the probe itself reads again.
    if (!(error instanceof ConflictError)) throw error
  }
  return undefined
}

/** Undefined: what speaks against it has been found already, or another fault stands there just now. */
function writeOf({ mesh, clock }: Rehearsing, scene: Scene, due: DueDependency): FaultWrite | undefined {
  const { namespace } = scene.rollout
  const target = faultTarget(due.fault.dependency, namespace, mesh.virtualServices())
  const record = recordOf(scene, due, clock.now())
  if (target.kind === 'Make') return { object: madeVirtualService(record, namespace), isNew: true }
  if (target.kind !== 'Existing') return undefined
  const edited = injectFault(record, namespace)(target.object)
  return 'refused' in edited ? undefined : { object: edited.object, isNew: false }
}

function recordOf(scene: Scene, { fault, name }: DueDependency, at: number): FaultRecord {
  const { rollout } = scene
  const { namespace } = rollout
  const meets = { kind: 'Callers', namespace, labels: canaryLabels(scene) } as const
  return probeRecord(fault, { owner: keyOf(rollout), reason: name, host: fault.dependency, meets, at })
}

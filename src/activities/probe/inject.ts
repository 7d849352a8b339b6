import { ALLOW_FROM_ANNOTATION, keyOf } from '../../api/names.ts'
import { injectFault } from '../../core/faults/edits.ts'
import { madeVirtualService } from '../../core/faults/made.ts'
import { expiryOf, faultsOf } from '../../core/faults/record.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import { faultTarget, unclearText } from '../../core/faults/target.ts'
import type { FaultTarget } from '../../core/faults/target.ts'
import { ConflictError, RefusedError } from '../../ports.ts'
import type { MeshRef, Ports } from '../../ports.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { apply } from '../apply.ts'
import type { Applied } from '../apply.ts'

/** A fault that stands. */
export interface StandingFault {
  readonly ref: MeshRef
  /** Where it stands besides. */
  readonly others?: readonly MeshRef[]
  /** Milliseconds since the epoch, both. */
  readonly at: number
  readonly expiresAt: number
}

/** What became of an injection. */
export type Injection =
  | ({ readonly kind: 'Injected'; readonly token?: string } & StandingFault)
  /** Something has to end first; in words. */
  | { readonly kind: 'Waits'; readonly why: string }
  /** Nobody would meet it, or it may not be written; in words. */
  | { readonly kind: 'Impossible'; readonly why: string }

/** Writes a fault for the callers of its host, or says why not. One that an earlier attempt wrote goes on as it is. */
export async function inject(ports: Ports, record: FaultRecord, namespace: string): Promise<Injection> {
  const waits = waitsFor(ports, record)
  if (waits !== undefined) return waits
  const target = faultTarget(record.host, namespace, ports.mesh.virtualServices())
  try {
    return await write(ports, record, { namespace, target })
  } catch (error) {
    if (error instanceof RefusedError) return { kind: 'Impossible', why: error.message }
    throw error
  }
}

/** Another probe on the same host has to end first. */
export function waitsFor({ mesh }: Ports, record: FaultRecord): Injection | undefined {
  const all = mesh.virtualServices().flatMap(faultsOf)
  const other = all.find(({ host, id }) => host === record.host && id !== record.id)
  return other && { kind: 'Waits', why: endOf(other) }
}

async function write(
  ports: Ports,
  record: FaultRecord,
  { namespace, target }: { readonly namespace: string; readonly target: FaultTarget },
): Promise<Injection> {
  if (target.kind === 'Make') return make(ports, record, namespace)
  if (target.kind === 'Existing') {
    const { name, namespace: where } = target.object.metadata
    return edit(ports, record, { namespace, ref: { kind: 'VirtualService', namespace: where, name } })
  }
  return { kind: 'Impossible', why: unclearText(record.host, target) }
}

async function make(ports: Ports, record: FaultRecord, namespace: string): Promise<Injection> {
  const object = madeVirtualService(record, namespace)
  const { name } = object.metadata
  try {
    await ports.making.create(object)
  } catch (error) {
    // An attempt before this one made it, or another probe of the host did.
    if (!(error instanceof ConflictError)) throw error
    return edit(ports, record, { namespace, ref: { kind: 'VirtualService', namespace, name } })
  }
  return injected(record, { kind: 'VirtualService', namespace, name })
}

async function edit(
  ports: Ports,
  record: FaultRecord,
  { namespace, ref }: { readonly namespace: string; readonly ref: MeshRef },
): Promise<Injection> {
  const applied = await apply(ports.mesh, ref, injectFault(record, namespace))
  if (applied !== 'Written' && applied !== 'Unchanged') return notWritten(applied, ref, namespace)
  const object = (await ports.mesh.read(ref, 'Fresh')) as VirtualService | undefined
  const standing = object && faultsOf(object).find(({ id }) => id === record.id)
  return standing === undefined
    ? { kind: 'Waits', why: `somebody wrote VirtualService ${keyOf(ref)} at the same moment` }
    : injected(standing, ref)
}

function injected(record: FaultRecord, ref: MeshRef): Injection {
  return { kind: 'Injected', ref, at: Date.parse(record.injectedAt), expiresAt: expiryOf(record) }
}

/** Why an object was not written, and whether it is worth waiting. */
export function notWritten(applied: Applied, ref: MeshRef, namespace: string): Injection {
  const name = `VirtualService ${keyOf(ref)}`
  if (applied === 'Taken') return { kind: 'Waits', why: `another fault probe in ${name} to end` }
  if (applied === 'Missing') return { kind: 'Waits', why: `${name}, which was removed a moment ago` }
  const why =
    applied === 'NotAllowed'
      ? `${name} does not allow faults from ${namespace}: annotate it with ${ALLOW_FROM_ANNOTATION}`
      : `no http route of ${name} can carry the fault`
  return { kind: 'Impossible', why }
}

function endOf({ name, owner, expiresAt }: FaultRecord): string {
  return `fault probe ${name} of ${owner} on the same host, until ${expiresAt} at the latest`
}

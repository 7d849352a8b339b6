import { removeUnkept } from '../../core/faults/foreign.ts'
import type { Judged } from '../../core/faults/sweep.ts'
import { foreignFaultRemoved, staleFault } from '../../core/faults/tellings.ts'
import type { Mesh } from '../../ports.ts'
import { apply } from '../apply.ts'
import type { Case, SweepRun } from './sweep-run.ts'

/** Tells people of faults that are not ours, and removes those whose time is over. */
export async function sweepForeign(
  { mesh }: { readonly mesh: Mesh },
  run: SweepRun,
  judged: readonly Judged[],
): Promise<void> {
  for (const { fault, ageMs, act } of judged) {
    const { id, object } = fault
    const found = (telling: Case['telling']): Case => ({ what: 'ForeignFault', object, telling })
    if (act === 'Tell') await run.tell(id, found(staleFault(fault, ageMs)))
    if (act !== 'Remove') continue
    const ref = { kind: object.kind, namespace: fault.namespace, name: fault.virtualService }
    await run.remove([id], found(foreignFaultRemoved(fault, ageMs)), async () =>
      apply(mesh, ref, removeUnkept(new Set([id]))),
    )
  }
}

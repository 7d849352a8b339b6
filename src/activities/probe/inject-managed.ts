import { injectFault, isSameProbe } from '../../core/faults/edits.ts'
import { expiryOf, faultsOf } from '../../core/faults/record.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import { ofRollout } from '../../core/faults/render.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { RefusedError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { apply } from '../apply.ts'
import { targetsOf } from '../context.ts'
import type { Target } from '../context.ts'
import { clearFaults } from '../faults/clear.ts'
import { notWritten, waitsFor } from './inject.ts'
import type { Injection } from './inject.ts'

/**
 * Writes a fault of the service itself into all VirtualServices that the release moves, or into none, and says why not.
 * One that an earlier attempt wrote goes on as it is, with its times and its header.
 */
export async function injectManaged(
  ports: Ports,
  state: ReleaseState,
  given: FaultRecord,
): Promise<Injection> {
  const waits = waitsFor(ports, given)
  if (waits !== undefined) return waits
  const targets = targetsOf(state)
  const record = (await standingAmong(ports, targets, given)) ?? given
  try {
    for (const target of targets) {
      const failure = await write(ports, state, record, target)
      if (failure !== undefined) return await takenBack(ports, state, targets, failure)
    }
  } catch (error) {
    const failure = { kind: 'Impossible', why: String(error) } as const
    await takenBack(ports, state, targets, failure)
    if (error instanceof RefusedError) return { kind: 'Impossible', why: error.message }
    throw error
  }
  return injected(record, targets)
}

/** The record of an earlier attempt, wherever that came to. */
async function standingAmong(
  ports: Ports,
  targets: readonly Target[],
  given: FaultRecord,
): Promise<FaultRecord | undefined> {
  const objects = await Promise.all(targets.map(async ({ ref }) => ports.mesh.read(ref, 'Fresh')))
  const records = objects.flatMap((object) =>
    object === undefined ? [] : faultsOf(object as VirtualService),
  )
  return records.find((one) => one.id === given.id && isSameProbe(one, given))
}

async function write(
  ports: Ports,
  { rollout }: ReleaseState,
  { routes: _before, ...record }: FaultRecord,
  { ref, traffic }: Target,
): Promise<Injection | undefined> {
  const { names } = traffic.route
  const here = { ...record, ...(names && { routes: names }) }
  const applied = await apply(ports.mesh, ref, injectFault(here, rollout.namespace))
  if (applied === 'Written' || applied === 'Unchanged') return undefined
  return notWritten(applied, ref, rollout.namespace)
}

/** Half of the requests would meet it: worse than none. What cannot be removed now expires. */
async function takenBack(
  ports: Ports,
  { rollout }: ReleaseState,
  targets: readonly Target[],
  failure: Injection,
): Promise<Injection> {
  const chosen = ofRollout(rollout.uid)
  await Promise.allSettled(targets.map(async ({ ref }) => clearFaults(ports, ref, chosen)))
  return failure
}

function injected(record: FaultRecord, targets: readonly Target[]): Injection {
  const [ref, ...others] = targets.map((target) => target.ref)
  if (ref === undefined) return { kind: 'Impossible', why: 'the release moves no VirtualService' }
  const { meets, injectedAt } = record
  return {
    kind: 'Injected',
    ref,
    others,
    at: Date.parse(injectedAt),
    expiresAt: expiryOf(record),
    ...(meets.kind === 'Header' && { token: meets.value }),
  }
}

import type { ReleaseState } from '../core/machine/state.ts'
import type { TrafficContext } from '../core/traffic/context.ts'
import type { Edit } from '../core/traffic/edits.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { apply } from './apply.ts'
import type { Applied } from './apply.ts'
import { targetsOf } from './context.ts'
import type { Target } from './context.ts'

/** What became of an edit of several objects: the first of these that one of them met. */
const WORST: readonly Applied[] = [
  'Stale',
  'Halted',
  'NotAllowed',
  'Missing',
  'NoRoute',
  'Written',
  'Unchanged',
]

/**
 * Applies an edit to all managed VirtualServices at once; none waits for another. Throws, after all were tried, an Error
 * that names those that could not be written.
 */
export async function applyAll(
  ports: Ports,
  state: ReleaseState,
  edit: (traffic: TrafficContext) => Edit<VirtualService>,
): Promise<Applied> {
  return atAll(state, async ({ ref, traffic }) => apply(ports.mesh, ref, edit(traffic)))
}

/** Does something to all managed VirtualServices at once, and tells the worst that became of it. Throws as {@link applyAll}. */
export async function atAll(
  state: ReleaseState,
  act: (target: Target) => Promise<Applied>,
): Promise<Applied> {
  const targets = targetsOf(state)
  const results = await Promise.allSettled(targets.map(act))
  const failures = results.flatMap((result, place) =>
    result.status === 'rejected' ? [{ target: targets[place], error: result.reason as unknown }] : [],
  )
  if (failures.length > 0) throw unwritten(failures)
  const met = new Set(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
  return WORST.find((outcome) => met.has(outcome)) ?? 'Unchanged'
}

function unwritten(failures: readonly { target: Target | undefined; error: unknown }[]): Error {
  const causes = failures.map(({ error }) => error)
  const parts = failures.map(({ target, error }) => {
    const name = `${target?.ref.namespace}/${target?.ref.name}`
    return `VirtualService ${name}: ${error instanceof Error ? error.message : String(error)}`
  })
  return new AggregateError(causes, `could not be written: ${parts.join('; ')}`)
}

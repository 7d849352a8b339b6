import { faultsOnRoutes, foreignNote } from '../core/faults/on-route.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { routeRefs, serviceOf } from './context.ts'

/** What is to be told of faults that others set on managed routes, by caches: a sentence each. */
export async function foreignNotes(ports: Pick<Ports, 'mesh'>, state: ReleaseState): Promise<string[]> {
  const objects = await Promise.all(routeRefs(state).map(async (ref) => ports.mesh.read(ref, 'Cached')))
  return objects.flatMap((object) =>
    object === undefined ? [] : faultsOnRoutes(object as VirtualService, serviceOf(state)).map(foreignNote),
  )
}

/** Tells it; each fault is one event of a release, however often it is told. */
export async function tellForeign(
  ports: Pick<Ports, 'store'>,
  { rollout, startedAt: seq }: ReleaseState,
  notes: readonly string[],
): Promise<void> {
  for (const message of notes) {
    await ports.store.record(rollout, { type: 'Warning', reason: 'FaultInRoute', message, seq })
  }
}

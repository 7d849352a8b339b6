import type { ResultEvent } from '../../../../src/core/machine/event.ts'
import type { ReleaseState } from '../../../../src/core/machine/state.ts'
import type { TrafficContext } from '../../../../src/core/traffic/context.ts'
import type { Edit } from '../../../../src/core/traffic/edits.ts'
import type { MeshObject } from '../../../../src/core/traffic/types.ts'
import { ConflictError } from '../../../../src/ports.ts'
import { KEY, ROLLOUT, SERVICE } from '../../shop.ts'
import type { World } from './world.ts'

/** Something done step by step: where it yields, it may be delayed, overtaken or cut off. */
export type Steps<T> = Generator<void, T>

export type Applied =
  'Written' | 'Unchanged' | 'Missing' | 'Stale' | 'Halted' | 'NotAllowed' | 'NoRoute' | 'Taken'

interface Target<T extends MeshObject> {
  readonly kind: T['kind']
  readonly by: ReleaseState
}

/** As src/activities/apply: read, decide, write, anew after each conflict. */
export function* applying<T extends MeshObject>(
  world: World,
  target: Target<T>,
  edit: Edit<T>,
): Steps<Applied> {
  for (;;) {
    const object = world.store.read(target.kind, ROLLOUT) as T | undefined
    if (object === undefined) return 'Missing'
    const edited = edit(object)
    if ('refused' in edited) return edited.refused
    if (JSON.stringify(edited.object) === JSON.stringify(object)) return 'Unchanged'
    yield
    try {
      world.write(edited.object, target.by)
      return 'Written'
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
  }
}

export const ofRoute = (by: ReleaseState) => ({ kind: 'VirtualService' as const, by })
export const ofRule = (by: ReleaseState) => ({ kind: 'DestinationRule' as const, by })

export function contextOf(world: World, state: ReleaseState): TrafficContext {
  const { stable, canary, id, seq } = state
  if (!stable || !canary) throw new Error(`${state.phase} before preflight`)
  const route = { service: SERVICE, names: world.scenery.named ? ['primary'] : undefined }
  return { writer: { rollout: KEY, uid: ROLLOUT.uid, release: id, seq }, route, stable, canary }
}

/** What every result of an action carries. */
export function stamp(world: World, state: ReleaseState): { seq: number; at: number } {
  return { seq: state.seq, at: world.now }
}

/** The event that a refused write ends in; undefined when it was not refused. */
export function refusal(world: World, state: ReleaseState, applied: Applied): ResultEvent | undefined {
  if (applied === 'Written' || applied === 'Unchanged') return undefined
  if (applied === 'Stale' || applied === 'Halted')
    return { ...stamp(world, state), type: 'Overtaken', message: applied }
  return { ...stamp(world, state), type: 'Failed', reason: 'TrafficObjectGone', message: applied }
}

import fc from 'fast-check'
import { describe, it } from 'vitest'
import { happen, ops, run, scenery } from './world/script.ts'
import type { Op } from './world/script.ts'
import type { Scenery } from './world/objects.ts'
import { cases } from '../property.ts'
import { mend } from './world/strangers.ts'
import { World } from './world/world.ts'

/** Steps after which everything must have come to rest. */
const PATIENCE = 400
const SLOW = { timeout: 300_000 }

/**
 * Invariants, by the numbers that a failure names:
 *  1. No canary gets weight from us while we know that no pod of it is ready.
 *  2. What we name exists in the DestinationRule; it is un-named before it is removed.
 *  3. A halted release is never raised again; results of overtaken actions change nothing.
 *  4. What is not ours stays as it is, at every write.
 *  5. Sequences never fall, in any object.
 *  6. At rest the route names one version and no mark names a canary; after Forgetting there is no mark.
 *  7. A release starts against the version that users have, also after another was superseded.
 *  8. Crashes and lost workflows change no outcome; a Rollout being deleted gets rid of its finalizer.
 *  9. A release that failed is not started again until version or template changes.
 * 10. A step keeps its start, through drift and pauses.
 * 11. The history has each release once, and ten at most.
 */
describe('a release, through any order of events, crashes, delays and overtaken effects', () => {
  it('keeps every invariant, and comes to rest when nobody disturbs', SLOW, () => {
    fc.assert(
      fc.property(scenery, ops, (place, history) => {
        const world = played(place, history)
        settle(world)
        if (!isStalled(world)) world.restChecks.atRest()
      }),
      cases(6_000),
    )
  })

  it('lets a Rollout go whose deletion is all that happens from then on', SLOW, () => {
    fc.assert(
      fc.property(scenery, ops, (place, history) => {
        const world = played(place, history)
        happen(world, { op: 'delete' })
        for (let step = 0; step < PATIENCE && isLeaving(world); step++) run(world, 1, 'Wait')
        if (isLeaving(world)) world.violated(8, `not gone after ${PATIENCE} steps`)
        if (world.deleting) world.restChecks.atRest()
      }),
      cases(4_000),
    )
  })
})

function played(place: Scenery, history: readonly Op[]): World {
  const world = new World(place)
  world.control()
  for (const entry of history) happen(world, entry)
  return world
}

/** Deletion takes effect, and something of the Rollout is still there. */
function isLeaving(world: World): boolean {
  return world.deleting && (world.finalizer || world.state !== undefined)
}

/** Pods are well, nobody disturbs, looks pass. */
function settle(world: World): void {
  world.tell('--- nobody disturbs any more')
  world.spec = { ...world.spec, paused: false }
  for (const version of Object.keys(world.pods)) world.pods[version] = 4
  mend(world)
  world.control()
  for (let step = 0; step < PATIENCE && !isAtRest(world); step++) run(world, 1, 'Pass')
  if (!isAtRest(world) && !isStalled(world)) world.violated(6, `no rest after ${PATIENCE} steps`)
}

/**
 * A release that was lost may leave witnesses that contradict each other, and one that could not answer a stranger
 * leaves their weights: then nothing is touched, as the design says.
 */
function isStalled({ state, restChecks }: World): boolean {
  const mayStall = new Set(['StableUnknown', ...(restChecks.gaveUp ? ['RouteSplit'] : [])])
  return state?.phase === 'Refused' && state.findings.every(({ reason }) => mayStall.has(reason))
}

function isAtRest(world: World): boolean {
  if (world.state !== undefined) return false
  world.control()
  return world.state === undefined
}

import { keyOf } from '../api/names.ts'
import { isHalfGone } from '../core/machine/moves.ts'
import type { ReleaseState, Side } from '../core/machine/state.ts'
import { forget as forgetMark, settleRoute, settleRule } from '../core/traffic/edits.ts'
import type { Edit } from '../core/traffic/edits.ts'
import { isNamedElsewhere } from '../core/traffic/managed.ts'
import { namesSubset } from '../core/traffic/references.ts'
import type { MeshObject, VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { apply } from './apply.ts'
import type { Applied } from './apply.ts'
import { applyAll } from './apply-all.ts'
import { clearReleaseFaults } from './faults/release-faults.ts'
import { giveBackFloors } from './capacity/floors.ts'
import { letGo } from './capacity/let-go.ts'
import { releaseOf, sidesOf, writerOf } from '../core/traffic/context.ts'
import { routeRefs, ruleRef, serviceOf, targetsOf } from './context.ts'
import { FinalRoutes, giveAll, takeAll } from './final-route.ts'
import { lackOf } from './lack.ts'
import type { Outcome } from './perform.ts'
import { proxiesAvoid } from './proxies.ts'
import { orTell } from './refused.ts'
import { waitUntil } from './waiting.ts'

/** The end of the old version: its subset leaves the DestinationRule, its workload is scaled down. */
export async function retire(ports: Ports, state: ReleaseState): Promise<Outcome> {
  const { stable, canary } = sidesOf(state)
  const subset = await dropSubset(ports, state, { leaves: stable, stays: canary, onlyIfOurs: false })
  if (subset !== 'Stale') await giveBackFloors(ports, state, [stable, canary])
  if (subset === 'Dropped')
    await letGo(ports, state, { leaves: stable, stays: canary, policy: state.plan.retirePolicy })
  if (subset !== 'Stale') await release(ports, state)
  return { event: { type: 'Retired', seq: state.seq, at: ports.clock.now() } }
}

/** Cleans a canary away whose weight is 0. A subset that stood there before the release is left. */
export async function clean(ports: Ports, state: ReleaseState): Promise<Outcome> {
  const { stable, canary } = sidesOf(state)
  const takeFaultsOut = async () => clearReleaseFaults(ports, state)
  // First, since what follows may wait. One that cannot be written keeps nothing else from being cleaned away: it is tried
  // again below, where it is told, and by the controllers meanwhile, to whom it is left over since the weight went.
  const isClear = await takeFaultsOut().then(
    () => true,
    () => false,
  )
  const subset = await dropSubset(ports, state, { leaves: canary, stays: stable, onlyIfOurs: true })
  const settled = await applyAll(ports, state, (traffic) => settleRoute({ ...traffic, canary: stable }))
  const isBehind = subset === 'Stale' || settled === 'Stale'
  // Stable's floor stays a while where somebody is left to give it back: see core/policy/floors.
  if (!isBehind) await giveBackFloors(ports, state, state.wanted.deleting ? [canary, stable] : [canary])
  if (!isBehind && subset === 'Dropped' && isDispensable(state, canary)) {
    const { retirePolicy } = state.plan
    // Whoever wants to know why it failed still needs it.
    const policy = retirePolicy === 'Delete' ? 'ScaleToZero' : retirePolicy
    await letGo(ports, state, { leaves: canary, stays: stable, policy })
  }
  if (!isClear) await orTell(ports, state, { what: 'taking faults out', write: takeFaultsOut })
  if (!isBehind) await release(ports, state)
  return { event: { type: 'Cleaned', seq: state.seq, at: ports.clock.now() } }
}

/** Nothing must be undone any more. */
async function release(ports: Ports, { rollout, wanted }: ReleaseState): Promise<void> {
  if (!wanted.deleting) await ports.store.setFinalizer(rollout, false)
}

/** Takes our marks away and lets the Rollout go. Nobody would bring users together any more who are divided then. */
export async function forget(ports: Ports, state: ReleaseState): Promise<Outcome> {
  if (isHalfGone(state)) {
    const what = `giving ${state.version} all traffic`
    await orTell(ports, state, { what, write: async () => bringTogether(ports, state) })
  }
  const writer = writerOf(state)
  const edit: Edit<MeshObject> = forgetMark(writer)
  for (const ref of [...routeRefs(state), ruleRef(state)]) await apply(ports.mesh, ref, edit)
  await ports.store.setFinalizer(state.rollout, false)
  return { event: { type: 'Forgotten', seq: state.seq, at: ports.clock.now() } }
}

/** All routes give all to the version that was to get it; where that may not be, to the one that had it. */
async function bringTogether(ports: Ports, state: ReleaseState): Promise<Applied> {
  const lack = await lackOf(ports, state)
  const given = lack === undefined ? await giveAll(ports, state) : 'NotAllowed'
  return given === 'NotAllowed' ? takeAll(ports, state) : given
}

/**
 * Un-named is not enough: the subset goes when no proxy sends to it any more and nobody else names it. `Kept` when
 * somebody does, so that its pods are needed; `Stale` when a later action of ours stands, which must not be disturbed.
 */
async function dropSubset(
  ports: Ports,
  state: ReleaseState,
  what: { leaves: Side; stays: Side; onlyIfOurs: boolean },
): Promise<'Dropped' | 'Kept' | 'Stale'> {
  const { leaves, stays, onlyIfOurs } = what
  const routes = new FinalRoutes(ports, state, leaves)
  if ((await untilUnused(ports, state, leaves, routes)) === 'Stale') return 'Stale'
  const ended = { ...releaseOf(state), stable: stays, canary: stays }
  const users = await usersOf(ports, state, leaves.subset)
  if (users.length > 0) await reportKept(ports, state, leaves, users)
  const goes = users.length === 0 ? { subset: leaves.subset, onlyIfOurs } : undefined
  const settled = await apply(ports.mesh, ruleRef(state), settleRule(ended, goes))
  if (settled === 'Stale') return 'Stale'
  // Somebody may have named it between the look and the write.
  await routes.keep()
  return users.length === 0 ? 'Dropped' : 'Kept'
}

/**
 * Waits until no proxy sends to the subset, or there is nothing to wait for; a stranger who gives it traffic again is
 * answered meanwhile.
 */
async function untilUnused(
  ports: Ports,
  state: ReleaseState,
  leaves: Side,
  routes: FinalRoutes,
): Promise<'Settled' | 'Stale'> {
  return waitUntil(ports, state, async () => {
    const kept = await routes.keep()
    if (kept === 'Stale') return 'Stale'
    if (kept === 'PutBack') return undefined
    if (kept === 'GivenUp') return 'Settled'
    if (await staysNamed(ports, state, leaves.subset)) return 'Settled'
    return (await proxiesAvoid(ports, state, leaves.subset)) ? 'Settled' : undefined
  })
}

/** A route of somebody else names it in a VirtualService of ours, so the proxies will not leave it. */
async function staysNamed(ports: Ports, state: ReleaseState, subset: string): Promise<boolean> {
  const named = await Promise.all(
    targetsOf(state).map(async ({ ref, traffic }) => {
      const own = (await ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
      return own !== undefined && isNamedElsewhere(own, traffic, subset)
    }),
  )
  return named.includes(true)
}

/** Who still names the subset. The list may lag behind our own write, a read does not. */
async function usersOf(ports: Ports, state: ReleaseState, subset: string): Promise<VirtualService[]> {
  const refs = routeRefs(state)
  const own = await Promise.all(refs.map(async (ref) => ports.mesh.read(ref, 'Cached')))
  const ours = new Set(refs.map(keyOf))
  const others = ports.mesh.virtualServices().filter(({ metadata }) => !ours.has(keyOf(metadata)))
  const all = [...own.filter((object) => object !== undefined), ...others] as VirtualService[]
  return all.filter((object) => namesSubset(object, serviceOf(state), subset))
}

async function reportKept(
  ports: Ports,
  state: ReleaseState,
  side: Side,
  users: readonly VirtualService[],
): Promise<void> {
  const names = users.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
  const message = `subset ${side.subset} stays: VirtualService ${names} names it`
  await ports.store.record(state.rollout, { type: 'Warning', reason: 'SubsetKept', message, seq: state.seq })
}

/**
 * Pods of a canary that is wanted again, or whose Rollout goes, are left to their owner. So is a version that was to
 * get all traffic without steps: it is the way back, or the only one alive.
 */
function isDispensable({ wanted, ending, direct }: ReleaseState, canary: Side): boolean {
  if (wanted.deleting || direct !== undefined) return false
  return wanted.version !== canary.version || ending?.failed === true
}

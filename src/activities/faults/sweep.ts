import { isExpired } from '../../core/faults/edits.ts'
import type { SweepReporter } from '../../core/faults/report.ts'
import { lookAgain, readSights, writeSights } from '../../core/faults/sights.ts'
import type { WrittenSights } from '../../core/faults/sights.ts'
import { isToTell, judge, overdueAmong, sightsAfter, staleAmong } from '../../core/faults/sweep.ts'
import type { Overdue, SweepPolicy } from '../../core/faults/sweep.ts'
import { ownFaultRemoved, staleSubset, staleSubsetRemoved } from '../../core/faults/tellings.ts'
import { removeLeftSubset, staleSubsets } from '../../core/traffic/stale-subsets.ts'
import type { StaleSubset } from '../../core/traffic/stale-subsets.ts'
import type { MeshEvents, MeshMaking, MeshRef, Ports } from '../../ports.ts'
import { apply } from '../apply.ts'
import { clearFaults } from './clear.ts'
import { sweepForeign } from './foreign.ts'
import { subsetScene } from './subset-scene.ts'
import { SweepRun } from './sweep-run.ts'

/** What a sweep needs. */
export interface SweepPorts extends Pick<Ports, 'mesh' | 'workloads' | 'store' | 'clock'> {
  readonly making: MeshMaking
  readonly events: MeshEvents
  readonly sweeps: SweepReporter
}

/** An activity that sweeps the mesh once, given what the sweep before returned. */
export type Sweep = (before: unknown) => Promise<WrittenSights>

/** Activities of the sweep. */
export interface SweepActivities {
  readonly sweep: Sweep
}

/** The activity that sweeps, over ports. */
export function sweepActivities(ports: SweepPorts, policy: SweepPolicy): SweepActivities {
  return { sweep: async (before) => sweep(ports, policy, before) }
}

/**
 * Looks through the caches for faults and subsets that nobody takes out: ours go, and people are told of others, which go
 * where the policy says so. What cannot be removed is told of, and left to the next sweep: one object must not keep the
 * others waiting.
 */
async function sweep(ports: SweepPorts, policy: SweepPolicy, before: unknown): Promise<WrittenSights> {
  const { mesh, clock, sweeps } = ports
  const now = clock.now()
  const routes = mesh.virtualServices()
  const scene = subsetScene(ports)
  const [overdue, faults, subsets] = [overdueAmong(routes, now), staleAmong(routes), staleSubsets(scene)]
  const strange = subsets.filter(({ leftBy }) => leftBy === undefined)
  const own = subsets.filter(({ leftBy }) => leftBy !== undefined)
  const sights = lookAgain(
    readSights(before),
    [...faults, ...strange].map(({ id }) => id),
    now,
  )
  const run = new SweepRun(ports)
  for (const one of overdue) await clearOverdue(ports, run, one)
  await sweepForeign(ports, run, judge(faults, { sights, policy, now }))
  for (const one of own) await dropSubset(ports, run, one)
  for (const one of strange.filter(({ id }) => isToTell(sights, id, now)))
    await run.tell(one.id, { what: 'ForeignSubset', object: one.object, telling: staleSubset(one) })
  sweeps.swept({
    virtualServices: routes.length,
    destinationRules: scene.destinationRules.length,
    found: {
      OwnFault: overdue.length,
      ForeignFault: faults.length,
      OwnSubset: own.length,
      ForeignSubset: strange.length,
    },
    ...run.counts(),
    tookMs: clock.now() - now,
  })
  return writeSights(sightsAfter(sights, run, now))
}

async function clearOverdue(ports: SweepPorts, run: SweepRun, { object, what }: Overdue): Promise<void> {
  const { namespace, name } = object.metadata
  const ref: MeshRef = { kind: 'VirtualService', namespace, name }
  const finding = { what: 'OwnFault', object, telling: ownFaultRemoved(what) } as const
  await run.remove([], finding, async () => clearFaults(ports, ref, isExpired(ports.clock.now())))
}

async function dropSubset({ mesh, ...ports }: SweepPorts, run: SweepRun, stale: StaleSubset): Promise<void> {
  const { object, id, subset } = stale
  const { namespace, name } = object.metadata
  const finding = { what: 'OwnSubset', object, telling: staleSubsetRemoved(stale) } as const
  await run.remove([id], finding, async () => {
    // Somebody may have found a use for it meanwhile.
    const scene = { ...subsetScene({ mesh, ...ports }), destinationRules: [object] }
    if (!staleSubsets(scene).some((one) => one.id === id)) return 'Unchanged'
    return apply(mesh, { kind: 'DestinationRule', namespace, name }, removeLeftSubset(subset))
  })
}

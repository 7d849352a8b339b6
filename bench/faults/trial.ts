import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxEnv } from '../../sandbox/env.ts'
import type { Ledger } from '../../sandbox/kit/ledger.ts'
import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { workflowId } from '../../src/api/names.ts'
import { isTwist } from './draw.ts'
import type { PlannedTrial, Twist } from './draw.ts'
import { STRANGERS_TIMEOUT } from './place.ts'
import type { Place } from './place.ts'
import { foreignPart, openRoutes, overrunMs, staysIn } from './stay.ts'
import type { Dark, Stay } from './stay.ts'

/** What came of a probe. */
export interface TrialResult extends PlannedTrial {
  /** Of each fault that stood there. */
  readonly overrunsMs: readonly number[]
  readonly problems: readonly string[]
}

const INJECTED_WITHIN_MS = 90_000
/** What is longer than this is not called late any more. */
const GONE_WITHIN_MS = 60_000

/** What a trial works with. */
export interface TrialStage {
  readonly env: SandboxEnv
  readonly ledger: Ledger
  readonly place: Place
  readonly planned: PlannedTrial
}

/** Asks for the version, and waits until its fault stands there. */
export async function untilInjected({ ledger, place }: TrialStage): Promise<Stay> {
  await place.release()
  const look = () => staysIn(ledger.changes, place.namespace)[0]
  return ledger.until(`a fault in ${place.namespace}`, look, INJECTED_WITHIN_MS)
}

/** Does what is to happen to this release alone, at its moment. */
export async function twist(stage: TrialStage, { from }: Stay): Promise<void> {
  const { kind, moment, durationSeconds } = stage.planned
  if (!isTwist(kind)) return
  await sleep(Math.max(0, from + moment * durationSeconds * 1000 - Date.now()))
  await DO[kind](stage)
}

const DO: Readonly<Record<Twist, (stage: TrialStage) => Promise<void>>> = {
  terminated: async ({ env, place }) => terminate(env, place.namespace),
  deleted: async ({ place }) => place.shop.deleteRollout(),
  remade: async ({ place }) => place.remake(),
  stranger: async ({ place }) => insist(async () => place.strangerWrites()),
}

async function terminate(env: SandboxEnv, namespace: string): Promise<void> {
  const client = temporalClient({ address: env.temporal, namespace: 'default' })
  try {
    await client.workflow.getHandle(workflowId('default', { namespace, name: 'reviews' })).terminate()
  } finally {
    await client.connection.close()
  }
}

/** A stranger who was overtaken reads and writes again, as people do. */
async function insist(write: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      if ((error as { code?: number }).code !== 409) throw error
    }
  }
}

/** Waits until the fault is gone, ends the release, and tells what is left. */
export async function judge(
  { ledger, place, planned }: TrialStage,
  before: string,
  darks: readonly Dark[],
): Promise<TrialResult> {
  const stays = () => staysIn(ledger.changes, place.namespace)
  const isGone = () => stays().every(({ to }) => to !== undefined)
  const [first] = stays()
  const within = Math.max(0, (first?.expiresAt ?? 0) - Date.now()) + GONE_WITHIN_MS
  const late = await ledger.until('gone', isGone, within).then(
    () => [],
    () => [`a fault stands for ${GONE_WITHIN_MS} ms after it expired`],
  )
  const overruns = stays().map((stay) => overrunMs(stay, darks))
  const open = ledger.changes
    .filter(({ kind, namespace }) => kind === 'VirtualService' && namespace === place.namespace)
    .flatMap(({ after }) => openRoutes(after, 'v2'))
  return {
    ...planned,
    overrunsMs: overruns,
    problems: [
      ...late,
      ...(open.length > 0 ? [`routes that others could meet: ${[...new Set(open)].join(', ')}`] : []),
      ...foreignProblems({ ledger, place, planned }, before),
    ],
  }
}

function foreignProblems(
  { ledger, place, planned }: Pick<TrialStage, 'ledger' | 'place' | 'planned'>,
  before: string,
): string[] {
  if (!planned.routed) return []
  const expected = planned.kind === 'stranger' ? before.replaceAll('"15s"', `"${STRANGERS_TIMEOUT}"`) : before
  const after = foreignPart(ledger.now('VirtualService', place.namespace, 'ratings'))
  return after === expected ? [] : [`foreign fields are ${after}, expected ${expected}`]
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { Ledger } from '../../sandbox/kit/ledger.ts'
import { mortalSluice, outageOf, partOf } from '../../sandbox/kit/parts.ts'
import type { Mortal, MortalSluice } from '../../sandbox/kit/parts.ts'
import type { Outage, Wave } from './draw.ts'
import { Place } from './place.ts'
import { foreignPart } from './stay.ts'
import type { Dark, Stay } from './stay.ts'
import { judge, twist, untilInjected } from './trial.ts'
import type { TrialResult, TrialStage } from './trial.ts'

/** How long a killed process is away, and the API server (milliseconds). */
const AWAY_MS: Readonly<Record<Outage, number>> = {
  worker: 3_000,
  controller: 3_000,
  both: 6_000,
  'kube-apiserver': 20_000,
}

interface Sluices {
  readonly worker: MortalSluice
  readonly controller: MortalSluice
}

/** Plays waves one after the other; tells of each probe as it is judged. */
export async function playWaves(
  env: SandboxEnv,
  waves: readonly Wave[],
  tell: (result: TrialResult) => void,
): Promise<TrialResult[]> {
  const ledger = await Ledger.begin(env)
  const sluices = await startBoth(env)
  try {
    const results: TrialResult[] = []
    for (const wave of waves) results.push(...(await playWave({ env, ledger, sluices }, wave, tell)))
    return results
  } finally {
    await Promise.all(Object.values(sluices).map(async (one: MortalSluice) => one.stop()))
    ledger.stop()
  }
}

async function startBoth(env: SandboxEnv): Promise<Sluices> {
  const start = async (role: string) =>
    mortalSluice(env, { name: role, settings: { SLUICE_ROLES: `${role},server` } })
  const [worker, controller] = await Promise.all([start('worker'), start('controller')])
  return { worker, controller }
}

interface Stage {
  readonly env: SandboxEnv
  readonly ledger: Ledger
  readonly sluices: Sluices
}

async function playWave(
  { env, ledger, sluices }: Stage,
  { outage, trials }: Wave,
  tell: (result: TrialResult) => void,
): Promise<TrialResult[]> {
  const stages = trials.map((planned): TrialStage => {
    return { env, ledger, planned, place: new Place(env, planned) }
  })
  await Promise.all(stages.map(async ({ place }) => place.open()))
  try {
    const befores = stages.map(({ place }) =>
      foreignPart(ledger.now('VirtualService', place.namespace, 'ratings')),
    )
    const injections = stages.map(async (stage) => untilInjected(stage))
    const striking = strike({ env, sluices }, outage, { stages, injections })
    const [darks] = await Promise.all([
      striking,
      ...stages.map(async (stage, index) => twist(stage, await injections[index]!)),
    ])
    return await Promise.all(
      stages.map(async (stage, index) => {
        const result = await judge(stage, befores[index] ?? '', darks)
        tell(result)
        return result
      }),
    )
  } finally {
    await Promise.all(stages.map(async ({ place }) => place.close()))
  }
}

/** Kills at the drawn moment of the first fault. Returns when nobody could end a fault. */
async function strike(
  { env, sluices }: Pick<Stage, 'env' | 'sluices'>,
  outage: Outage | undefined,
  { stages, injections }: { stages: readonly TrialStage[]; injections: readonly Promise<Stay>[] },
): Promise<Dark[]> {
  if (outage === undefined) return []
  const first = await Promise.race(injections)
  const { moment, durationSeconds } = stages[0]!.planned
  await sleep(Math.max(0, first.from + moment * durationSeconds * 1000 - Date.now()))
  const victims = victimsOf(env, sluices, outage)
  const from = Date.now()
  const outages = await Promise.all(victims.map(async (victim) => outageOf(victim)))
  await sleep(AWAY_MS[outage])
  await Promise.all(outages.map(async (one) => one.end()))
  // With a controller alive nothing excuses a fault.
  return outage === 'worker' ? [] : [{ from, to: Date.now() }]
}

function victimsOf(env: SandboxEnv, { worker, controller }: Sluices, outage: Outage): Mortal[] {
  if (outage === 'kube-apiserver') return [partOf(env, 'kube-apiserver')]
  if (outage === 'both') return [worker, controller]
  return [outage === 'worker' ? worker : controller]
}

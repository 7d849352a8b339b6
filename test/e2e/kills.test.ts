import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down } from '../../sandbox/down.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { Chance, chosenSeed } from '../../sandbox/kit/chance.ts'
import { mortalSluice } from '../../sandbox/kit/parts.ts'
import type { Mortal, MortalSluice } from '../../sandbox/kit/parts.ts'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { up } from '../../sandbox/up.ts'
import { newStateFolder } from '../../scripts/test/sandboxes.ts'
import { durationMs } from '../../src/api/quantities.ts'
import type { HistoryEntry, RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { openShop, ratings, release, releaseOver } from './harness.ts'
import { Patient, die, holdFor, killsOfAll, victimsOf } from './killing.ts'
import type { Course, Death, Kill } from './killing.ts'

const WEIGHTS = [20, 100]

const state = newStateFolder()
const chance = new Chance(chosenSeed())
let env: SandboxEnv
let worker: MortalSluice
let victims: ReadonlyMap<string, Mortal>

beforeAll(async () => {
  env = await up({ state })
  const start = async (role: string) =>
    mortalSluice(env, { name: role, settings: { SLUICE_ROLES: `${role},server` } })
  worker = await start('worker')
  victims = victimsOf(env, [worker, await start('controller')])
})
afterAll(async () => down({ state }))

/**
 * Kills, one after the other, as long as the first patient is in the step. On a machine that is too slow for all of them
 * the rest waits for the next step.
 */
async function killInStep(
  step: number,
  kills: readonly Kill[],
  patients: readonly Patient[],
  beforeKill: (index: number) => Promise<void> = async () => {},
): Promise<Death[]> {
  await Promise.all(patients.map(async (patient) => patient.hasWeight(WEIGHTS[step - 1] ?? 0)))
  const deaths: Death[] = []
  for (const [index, { victim, awayMs }] of kills.entries()) {
    if ((await patients[0]?.step()) !== step) break
    await beforeKill(index)
    const death = await die(victims.get(victim)!, awayMs, patients)
    const unwatched = death.unwatched.map((seconds) => `${seconds.toFixed(1)} s`).join(', ')
    const away = `${(death.awayMs / 1000).toFixed(1)} s + ${(death.backMs / 1000).toFixed(1)} s`
    process.stderr.write(`step ${step}: ${victim} away for ${away}; told as unwatched: ${unwatched}\n`)
    deaths.push(death)
  }
  return deaths
}

/** Without a worker or Prometheus nobody can judge, and that is told: how much too little, by victim. */
function untold(deaths: readonly Death[]): string[] {
  const blinding = deaths.filter(({ victim }) => victim === 'worker' || victim === 'prometheus')
  return blinding.flatMap(({ victim, awayMs, unwatched }) =>
    unwatched
      .filter((seconds) => seconds < awayMs / 1000)
      .map((seconds) => `${victim} was away for ${awayMs} ms, and ${seconds} s were told`),
  )
}

async function openPatient(name: string, steps: readonly object[]): Promise<Patient> {
  const patient = new Patient(await openShop(name, { steps }, env), worker)
  await ratings(patient.shop, 1)
  await patient.begin()
  return patient
}

/** Both releases through all kills. The bad one turns bad at the second step. */
async function killAll(good: Patient, bad: Patient, [first = [], second = []]: Kill[][]): Promise<void> {
  const early = await killInStep(1, first, [good, bad])
  // What a slow machine had no time for comes first.
  const missed = first.slice(early.length)
  const rest = second.filter(({ victim }) => missed.every((kill) => kill.victim !== victim))
  const badFrom = chance.integer(0, 3)
  const late = await killInStep(2, [...missed, ...rest], [good, bad], async (index) => {
    if (index === badFrom) await ratings(bad.shop, 0)
  })
  expect(new Set([...early, ...late].map(({ victim }) => victim))).toEqual(new Set(victims.keys()))
  expect(untold([...early, ...late.slice(0, badFrom)])).toEqual([])
}

/** What no kill may change. */
function expectSound(course: Course, weights: readonly number[], users: string): void {
  const { shop, before, after, stepStarts, events, ...seen } = course
  const steps = stepStarts.map(({ step }) => step)
  const remains = remainsOf(before, after, users)
  expect({ shop, ...seen, steps, remains }).toEqual({
    shop,
    weights,
    skipped: [],
    steps: ['1/2', '2/2'],
    finalizers: [],
    ownErrors: [],
    remains: [],
  })
  expect(events).toContain('Unwatched')
}

function lastOf(status: RolloutStatus): HistoryEntry {
  const [last] = status.history ?? []
  if (last === undefined) throw new Error('no release is over')
  return last
}

describe('kill -9 of everything that a release needs, one after the other, at each step', () => {
  it('changes nothing in how a good and a bad release end, nor in their steps', async () => {
    process.stderr.write(`SLUICE_SEED=${chance.seed}\n`)
    const rounds = WEIGHTS.map(() => killsOfAll(chance, [...victims.keys()]))
    const holds = rounds.map(holdFor)
    const steps = WEIGHTS.map((weight, index) => ({ weight, hold: holds[index] }))
    const [good, bad] = await Promise.all([openPatient('kills-good', steps), openPatient('kills-bad', steps)])
    await Promise.all([release(good.shop, 'v2'), release(bad.shop, 'v2', { DEPENDENCY: 'ratings' })])
    await killAll(good, bad, rounds)

    const promoted = lastOf(await releaseOver(good.shop, 'v2'))
    expect(promoted).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    const rolledBack = lastOf(await releaseOver(bad.shop, 'v2'))
    expect(rolledBack).toMatchObject({ from: 'v1', to: 'v2', result: 'RolledBack' })
    // Who marked the release as over may have died before it told why, while nobody could ask the metrics again.
    expect(rolledBack.reason).toMatch(/^(MetricFailed: error-rate|Halted: )/)

    const course = await good.end()
    expectSound(course, [0, 20, 100], 'v2')
    expectSound(await bad.end(), [0, 20, 100, 0], 'v1')
    const times = [...course.stepStarts.map(({ at }) => at), Date.parse(promoted.finishedAt)]
    const held = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    const short = held.filter((ms, index) => ms < durationMs(holds[index] ?? ''))
    expect(short).toEqual([])
  }, 600_000)
})

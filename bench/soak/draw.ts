import { Chance } from '../../sandbox/kit/chance.ts'

/** What is done to a release. Each kind is tried as often as any other, in an order of chance. */
export const TWISTS = [
  'none',
  'bad-answers',
  'crashing-pods',
  'pods-never-ready',
  'weights-moved',
  'mark-stripped',
  'subset-taken-out',
  'replaced-by-git',
  'weights-moved-at-rest',
  'canary-pods-gone',
  'stable-pods-gone',
  'third-version',
  'way-back',
  'way-back-later',
  'template-changed',
  'spec-edited',
  'paused',
  'deleted',
  'made-anew',
] as const
export type Twist = (typeof TWISTS)[number]

/** What is killed with `kill -9`. */
export const VICTIMS = [
  'worker',
  'controller',
  'temporal',
  'istiod',
  'gateway',
  'prometheus',
  'kube-apiserver',
] as const
export type Victim = (typeof VICTIMS)[number]

/** When something is killed: as soon as the version is asked for, as it has a weight, or as the twist was done. */
export const MOMENTS = ['Asked', 'Weight', 'Twisted'] as const
export type Moment = (typeof MOMENTS)[number]

/** A release that is planned. */
export interface PlannedRelease {
  readonly twist: Twist
  /** Percent at which the twist is done, where it needs a canary with weight. */
  readonly weight: number
}

/** A kill that is planned. */
export interface PlannedKill {
  readonly victim: Victim
  /** From its death until it is started again, milliseconds. */
  readonly awayMs: number
  /** Index of the shop whose release tells the moment. */
  readonly shop: number
  readonly moment: Moment
}

/** One release in each shop, side by side, and what is killed meanwhile, one after the other. */
export interface Round {
  readonly releases: readonly PlannedRelease[]
  readonly kills: readonly PlannedKill[]
}

/** Weights of the steps of every release. */
export const STEPS = [20, 50, 100] as const

/** Outages, in milliseconds. */
const SHORTEST_MS = 1_000
const LONGEST_MS = 5_000
const MOST_KILLS = 3

/** What a seed means: rounds without end, the same for the same seed and number of shops. */
export function* roundsOf(seed: number, shops: number): Generator<Round, never> {
  const chance = new Chance(seed)
  const twists = dealt(chance, TWISTS)
  const victims = dealt(chance, VICTIMS)
  for (;;) {
    const releases = Array.from({ length: shops }, () => {
      return { twist: twists.next().value, weight: STEPS[chance.integer(0, 2)] ?? STEPS[0] }
    })
    const kills = Array.from({ length: chance.integer(1, MOST_KILLS + 1) }, () => ({
      victim: victims.next().value,
      awayMs: chance.integer(SHORTEST_MS, LONGEST_MS),
      shop: chance.integer(0, shops),
      moment: MOMENTS[chance.integer(0, MOMENTS.length)] ?? 'Asked',
    }))
    yield { releases, kills }
  }
}

/** All of the things in an order of chance, then again in another one. */
function* dealt<T>(chance: Chance, things: readonly T[]): Generator<T, never> {
  for (;;) yield* chance.shuffled(things)
}

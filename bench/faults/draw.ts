import { Chance } from '../../sandbox/kit/chance.ts'

/** What happens to everybody at once: a process is killed, or the API server is away. */
export const OUTAGES = ['worker', 'controller', 'both', 'kube-apiserver'] as const
/** What happens to one release alone. */
export const TWISTS = ['terminated', 'deleted', 'remade', 'stranger'] as const

export type Outage = (typeof OUTAGES)[number]
export type Twist = (typeof TWISTS)[number]
export type Kind = Outage | Twist

/** A probe that is planned. */
export interface PlannedTrial {
  /** Name of its namespace. */
  readonly name: string
  readonly kind: Kind
  /** How long its fault is to last, in seconds. */
  readonly durationSeconds: number
  /** When something happens to it: share of the duration (0–1) after the injection. */
  readonly moment: number
  /** The dependency has a VirtualService; else one is made. */
  readonly routed: boolean
}

/** Probes side by side; an outage hits all of them. */
export interface Wave {
  readonly outage?: Outage
  readonly trials: readonly PlannedTrial[]
}

const SHORTEST_S = 5
const LONGEST_S = 9

/**
 * What a seed means: waves of probes, of each kind as many as of any other.
 * @param most probes in a wave
 */
export function wavesOf(seed: number, trials: number, most: number): Wave[] {
  const chance = new Chance(seed)
  const kinds = [...TWISTS, ...OUTAGES]
  const planned = Array.from({ length: trials }, (_, index) =>
    plan(chance, index, kinds[index % kinds.length] ?? 'worker'),
  )
  const twisted = planned.filter(({ kind }) => isTwist(kind))
  const waves = parts(twisted, most).map((some): Wave => ({ trials: some }))
  const hit = OUTAGES.flatMap((outage) =>
    parts(
      planned.filter(({ kind }) => kind === outage),
      most,
    ).map((some): Wave => ({ outage, trials: some })),
  )
  return [...waves, ...hit]
}

export function isTwist(kind: Kind): kind is Twist {
  return (TWISTS as readonly string[]).includes(kind)
}

function plan(chance: Chance, index: number, kind: Kind): PlannedTrial {
  return {
    name: `fault-${index + 1}-${kind}`,
    kind,
    durationSeconds: chance.integer(SHORTEST_S, LONGEST_S + 1),
    moment: chance.between(0, 1),
    // Only what is there can be made anew, or be written by somebody else.
    routed: kind === 'remade' || kind === 'stranger' || chance.between(0, 1) < 0.5,
  }
}

function parts<T>(list: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / most) }, (_, at) =>
    list.slice(at * most, (at + 1) * most),
  )
}

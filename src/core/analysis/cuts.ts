import type { ProcessName } from './processes.ts'
import type { CutLook, Pair } from './strands.ts'

/** What is known of requests that are bad in one sense. */
export interface Cut {
  /** Its place among the cuts of the strand, from 0. */
  readonly index: number
  readonly at: number | undefined
  readonly isLimit: boolean
  /** Bad requests of this step. */
  readonly bad: Pair<number>
  readonly phi: number
  readonly past: number | undefined
}

/** Where cuts are, in columns. */
export interface Places {
  /** Latency: bad is what took longer than these (milliseconds). */
  readonly at?: readonly number[]
  /** Latency: the limit is at the first of them; the others show the shape. */
  readonly isLimit?: true
}

/** What looks tell of cuts, in columns: that is how heartbeats carry them. */
export interface Columns {
  readonly phi: readonly number[]
  /** Null where nobody asks for it, or nobody knows it. */
  readonly past?: readonly (number | null)[]
  /** Bad requests of this step. */
  readonly bad: Pair<readonly number[]>
}

/** Shape is compared with stable, and with the hour before; the limit stands at its own boundary. */
export function betsAt(process: ProcessName, { at, isLimit }: Pick<Cut, 'at' | 'isLimit'>): boolean {
  return at === undefined || (process === 'limit') === isLimit
}

/** The cuts of a first look, before it is counted. */
export function initialCuts(looks: readonly CutLook[]): Cut[] {
  const limitFirst = looks.toSorted((a, b) => Number(b.isLimit ?? false) - Number(a.isLimit ?? false))
  return limitFirst.map(({ at, isLimit = false, phi }, index) => {
    return { index, at, isLimit, phi, bad: { canary: 0, stable: 0 }, past: undefined }
  })
}

/** What is known, cut by cut. */
export function cutsOf({ at, isLimit, phi, past, bad: { canary, stable } }: Places & Columns): Cut[] {
  return phi.map((own, index) => ({
    index,
    at: at?.[index],
    isLimit: isLimit === true && index === 0,
    bad: { canary: canary[index] ?? 0, stable: stable[index] ?? 0 },
    phi: own,
    past: past?.[index] ?? undefined,
  }))
}

export function placesOf(cuts: readonly Cut[]): Places {
  const at = cuts.flatMap((cut) => cut.at ?? [])
  return { ...(at.length > 0 && { at }), ...(cuts[0]?.isLimit && { isLimit: true }) }
}

export function columnsOf(cuts: readonly Cut[]): Columns {
  return {
    phi: cuts.map(({ phi }) => phi),
    ...(cuts.some(({ past }) => past !== undefined) && { past: cuts.map(({ past }) => past ?? null) }),
    bad: { canary: cuts.map(({ bad }) => bad.canary), stable: cuts.map(({ bad }) => bad.stable) },
  }
}

/** A cut among those of a look, which mostly has them in the same order. */
export function seenOf(looks: readonly CutLook[], cut: Cut): CutLook | undefined {
  const isSame = ({ at, isLimit }: CutLook) => at === cut.at && (isLimit === true) === cut.isLimit
  const atPlace = looks[cut.index]
  return atPlace !== undefined && isSame(atPlace) ? atPlace : looks.find(isSame)
}

/**
 * A cut after one more look.
 * @param asksPast it is compared with the hour before
 */
export function cutAfter(cut: Cut, { bad, phi, past }: CutLook, asksPast: boolean): Cut {
  const { index, at, isLimit } = cut
  return {
    index,
    at,
    isLimit,
    bad: { canary: cut.bad.canary + bad.canary, stable: cut.bad.stable + bad.stable },
    phi: keptPhi(phi),
    // Once known it stays: a limit that moved with what is judged by it would be none.
    past: asksPast ? (cut.past ?? keptPast(past)) : undefined,
  }
}

/** To three digits behind the point, and never less. */
function keptPhi(phi: number): number {
  return Math.ceil(phi * 1e3) / 1e3
}

function keptPast(past: number | undefined): number | undefined {
  return past === undefined ? undefined : Number(past.toPrecision(5))
}

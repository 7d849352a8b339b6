import { backgroundOf, countsIn, outlierOf, withoutPod } from './background.ts'
import type { Background, Bad } from './background.ts'
import { LOOK_BACK_MS } from './counters.ts'
import type { Window } from './counters.ts'
import { dispersionOf } from './dispersion.ts'
import { FAIL_GRID, GAMMA } from './eprocess.ts'
import type { Bucket } from './histogram.ts'
import { intervalOf } from './interval.ts'
import { bucketsOf } from './istio.ts'
import { NO_READINGS, seriesOf } from './readings.ts'
import type { Readings } from './readings.ts'
import type { CutLook, Reporter } from './strands.ts'

/** What time tells about stable (milliseconds). */
export const TRAITS_MS = 3_600_000
/** How often it is asked anew (milliseconds): it changes slowly. Less than looks reach back, see {@link oldTargets}. */
export const TRAITS_EVERY_MS = 240_000

/** What is bad, and who says so. */
export type Quality = { readonly reporter: Reporter } & Bad

/** What the time before tells about how to read a look: it is known before the look is. */
export interface Traits {
  /** How bursty bad requests are, and what share stable had at most, with the certainty that a canary may be judged by it. */
  of(quality: Quality): Pick<CutLook, 'phi' | 'past'>
  /** Latencies of stable, in rising order of boundaries. */
  buckets(reporter: Reporter): readonly Bucket[]
  /** The pod that makes stable no measure for a canary, if there is one. */
  outlier(bad: Bad): string | undefined
  /** Targets that were scraped at all. */
  readonly targets: ReadonlySet<string>
  /** End of the time that told (milliseconds since the epoch). */
  readonly toMs: number
  /** Keeps what was asked so far and forgets all that it was told by: an hour of counters is large. */
  settle(): void
  /** Those of a later time, settled: they were asked what these were. */
  succeededBy(later: Traits): Traits
}

/**
 * Traits of a service from raw counters of the time before.
 * @param readings samples about a minute apart
 * @param alpha chance (0–1) of taking a sound pod of stable for an outlier
 * @param by who is told apart; only pods' own proxies tell pods, which is what a canary differs by. Callers are no pods: what
 *   hits one of them hits both versions, and what hits a pod hits all of them alike
 */
export function traitsOf(
  readings: Readings,
  stable: string,
  options: { readonly window: Window; readonly alpha: number; readonly by?: Reporter },
): Traits {
  let told = readings
  const backgrounds = new Map<string, Background>()
  const background = memo(
    (reporter: Reporter, bad: Bad) => backgroundOf(told[reporter], stable, bad),
    backgrounds,
  )
  const perPod = (bad: Bad): Background => background(options.by ?? 'Destination', bad)
  const asked: ((traits: Traits) => unknown)[] = []
  const outlier = memo((bad: Bad) => {
    asked.push((traits) => traits.outlier(bad))
    return outlierOf(perPod(bad), OUTLYING, options.alpha)
  })
  // One bad pod is no burst: taken for one, it would make every test blind.
  const phi = memo((bad: Bad) => dispersionOf(withoutPod(perPod(bad), outlier(bad)).blocks).phi)
  // An hour is short: what was good luck in it must not become what a canary is held to for days.
  const past = memo((reporter: Reporter, bad: Bad) => {
    const counts = countsIn(background(reporter, bad))
    return counts.total === 0 ? undefined : intervalOf(counts, phi(bad), 2 * UNLUCKY * options.alpha).high
  })
  return {
    of: memo(({ reporter, ...bad }: Quality) => {
      asked.push((traits) => traits.of({ reporter, ...bad }))
      const share = past(reporter, bad)
      return { phi: phi(bad), ...(share !== undefined && { past: share }) }
    }),
    buckets: memo((reporter: Reporter) => {
      asked.push((traits) => traits.buckets(reporter))
      return bucketsOf(told[reporter].latencies, stable, options.window)
    }),
    outlier: (bad) => outlier(bad),
    targets: new Set(seriesOf(readings).map(({ instance }) => instance)),
    toMs: options.window.toMs,
    settle: () => {
      told = NO_READINGS
      backgrounds.clear()
    },
    succeededBy: (later) => {
      for (const ask of asked) ask(later)
      later.settle()
      return later
    },
  }
}

/**
 * What a look goes by to tell a new target from one that returns. Where traits end before the samples of the look begin,
 * one may have come and gone between: then none counts from 0.
 */
export function oldTargets(
  { targets, toMs }: Pick<Traits, 'targets' | 'toMs'>,
  window: Window,
): Pick<Window, 'known' | 'startedMs'> {
  const startedMs = toMs < window.fromMs - LOOK_BACK_MS ? Infinity : window.startedMs
  return { known: targets, startedMs }
}

/** Chance, as a part of α, that stable's share is in truth larger than it is taken for. */
const UNLUCKY = 0.1

/** A pod is an outlier that is worse than the others by what is tolerated of a canary at most. */
const OUTLYING = { rho: 1, delta: 0.001, gamma: GAMMA, grid: FAIL_GRID }

/** Remembers what a function said of the same words. */
function memo<A extends readonly unknown[], R>(
  find: (...args: A) => R,
  known = new Map<string, R>(),
): (...args: A) => R {
  return (...args) => {
    const key = JSON.stringify(args)
    if (!known.has(key)) known.set(key, find(...args))
    return known.get(key) as R
  }
}

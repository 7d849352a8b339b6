/** One scrape of a counter: time in milliseconds, and its value, a finite number. */
export type Sample = readonly [atMs: number, value: number]

/** How far before a look its samples reach back: a target that was away for longer is taken for new (milliseconds). */
export const LOOK_BACK_MS = 300_000

/** A raw counter, as it was scraped. */
export interface Series {
  /** What to sum by, such as version and response code, or a bucket's boundary. Several series may share a key. */
  readonly key: string
  /** The scrape target. All its series have their samples at the same times. */
  readonly instance: string
  /** In order of time. */
  readonly samples: readonly Sample[]
}

/** A look: after `fromMs`, up to and including `toMs`. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
  /** When the release started: a target that appears later counts from 0. */
  readonly startedMs: number
  /** Targets that were scraped before the samples begin: they do not appear, they return, whatever they counted meanwhile. */
  readonly known?: ReadonlySet<string>
}

/**
 * Increments of counters within a window, by key; every key of the input is in the answer.
 *
 * Unlike `increase()` of Prometheus nothing is extrapolated, and the first increment of a new series is kept: a canary's
 * first 503 usually is a new series. A series starts at 0 if its target was scraped earlier without it, or if the target
 * appeared after the release started; otherwise its first sample is only the base. Increments of consecutive windows
 * add up to those of the whole, through resets, too. When one series of a target falls, the target began anew, and so did
 * the others: a bucket that has passed its old value by then must not be taken for one that went on, or all that is
 * missing in it would look slow.
 *
 * The samples must reach back at least as far before `fromMs` as the longest outage of a target that is to be
 * survived whole (a few minutes): of a target whose last sample is older its return is the base where it is known, and
 * else it is taken for a new one. Hand over all series of a
 * target that are at hand, other versions' as well: they tell that it was scraped before.
 */
export function increase(series: readonly Series[], window: Window): Map<string, number> {
  const firstSeen = firstSeenByInstance(series)
  const resets = resetsByInstance(series, window)
  const sums = new Map<string, number>()
  for (const one of series) {
    const added = increaseOf(one.samples, window, {
      fromZero: startsAtZero(one, firstSeen, window),
      resets: resets.get(one.instance),
    })
    sums.set(one.key, (sums.get(one.key) ?? 0) + added)
  }
  return sums
}

function firstSeenByInstance(series: readonly Series[]): Map<string, number> {
  const first = new Map<string, number>()
  for (const { instance, samples } of series) {
    const at = samples[0]?.[0] ?? Infinity
    first.set(instance, Math.min(at, first.get(instance) ?? Infinity))
  }
  return first
}

/** When a target began anew: by the time of the sample after, the latest one before. */
type Resets = ReadonlyMap<number, number>

function resetsByInstance(series: readonly Series[], { fromMs, toMs }: Window): ReadonlyMap<string, Resets> {
  const resets = new Map<string, Map<number, number>>()
  for (const { instance, samples } of series) {
    // From the end: most samples are older than the look.
    for (let index = samples.length - 1; index > 0; index--) {
      const [at, value] = samples[index] ?? [-Infinity, 0]
      if (at <= fromMs) break
      const [before, previous] = samples[index - 1] ?? [-Infinity, 0]
      if (at > toMs || value >= previous) continue
      const known = resets.get(instance) ?? new Map<number, number>()
      resets.set(instance, known.set(at, Math.max(before, known.get(at) ?? before)))
    }
  }
  return resets
}

function startsAtZero(
  { instance, samples }: Series,
  firstSeen: ReadonlyMap<string, number>,
  { startedMs, known }: Window,
): boolean {
  const target = firstSeen.get(instance) ?? Infinity
  const isNew = target > startedMs && known?.has(instance) !== true
  return isNew || (samples[0]?.[0] ?? -Infinity) > target
}

function increaseOf(
  samples: readonly Sample[],
  window: Window,
  { fromZero, resets }: { readonly fromZero: boolean; readonly resets: Resets | undefined },
): number {
  let previous = fromZero ? 0 : undefined
  let before = -Infinity
  let sum = 0
  for (const [at, value] of samples) {
    if (at > window.toMs) break
    if (at > window.fromMs && previous !== undefined) {
      // Begun anew since the sample before: what another series missed longer ago, this one has counted already.
      const isAnew = value < previous || (resets?.get(at) ?? -Infinity) >= before
      sum += isAnew ? value : value - previous
    }
    previous = value
    before = at
  }
  return sum
}

import type { Sample, Series } from './counters.ts'

/** Whatever has samples of a target. */
type Scraped = Pick<Series, 'instance' | 'samples'>

/** A target without a sample for this many scrape intervals is taken for dead. */
const DEAD_AFTER_INTERVALS = 2

/**
 * The latest time up to which all live targets have reported: the end of the next look. Targets are scraped at different
 * moments, so this lies up to one scrape interval before now. Undefined when no target is alive.
 *
 * A dead target cannot block for ever: one that missed a whole scrape (no sample for two intervals) is left out. When
 * it returns, its next increments follow on from its last sample, so nothing is counted twice.
 * @param nowMs by the clock that stamps the samples
 * @param fallbackIntervalMs scrape interval to assume until two samples of a target were seen
 */
export function lookEnd(
  series: readonly Scraped[],
  nowMs: number,
  fallbackIntervalMs: number,
): number | undefined {
  const interval = scrapeIntervalMs(series) ?? fallbackIntervalMs
  const live = [...longestByInstance(series).values()]
    .map((target) => target.lastMs)
    .filter((lastMs) => lastMs >= nowMs - DEAD_AFTER_INTERVALS * interval)
  return live.length === 0 ? undefined : Math.min(...live)
}

/** Scrape interval: the median distance between samples. Undefined when no target has two of them. */
export function scrapeIntervalMs(series: readonly Scraped[]): number | undefined {
  const gaps = [...longestByInstance(series).values()].flatMap((target) => gapsOf(target.samples))
  gaps.sort((a, b) => a - b)
  return gaps[Math.floor(gaps.length / 2)]
}

interface Target {
  readonly lastMs: number
  /** Of its longest series, which shows its rhythm best. */
  readonly samples: readonly Sample[]
}

function longestByInstance(series: readonly Scraped[]): Map<string, Target> {
  const targets = new Map<string, Target>()
  for (const { instance, samples } of series) {
    const known = targets.get(instance) ?? { lastMs: -Infinity, samples: [] }
    targets.set(instance, {
      lastMs: Math.max(known.lastMs, samples.at(-1)?.[0] ?? -Infinity),
      samples: samples.length > known.samples.length ? samples : known.samples,
    })
  }
  return targets
}

function gapsOf(samples: readonly Sample[]): number[] {
  return samples.slice(1).map(([at], index) => at - (samples[index]?.[0] ?? at))
}

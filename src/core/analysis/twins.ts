import type { LabeledSeries } from './istio.ts'
import { NO_READINGS } from './readings.ts'
import type { Readings, SideReadings } from './readings.ts'
import type { Pair, Reporter } from './strands.ts'

/** Labels have no slash, so no version has such a name. */
const TWIN = '/twin'

/** By what one version is taken apart into two that are the same: its pods, or else those who call it. */
export interface Division {
  readonly by: Reporter
  /** Pods or callers in the order in which they go over to the twin, step by step. */
  readonly names: readonly string[]
}

/**
 * How to take a version apart; undefined where it has one pod, and one caller.
 * @param turn moves the order on, so that another one is the first to go over
 */
export function divisionOf(readings: Readings, version: string, turn: number): Division | undefined {
  for (const by of ['Destination', 'Source'] as const) {
    const own = readings[by].requests.filter((one) => one.version === version)
    const names = [...new Set(own.map((one) => nameOf(one, by)))].toSorted()
    if (names.length < 2) continue
    const first = turn % names.length
    return { by, names: [...names.slice(first), ...names.slice(0, first)] }
  }
  return undefined
}

/** What is measured against itself: the version, and those of its pods or callers that were given another name. */
export function twinVersions(version: string): Pair<string> {
  return { canary: version + TWIN, stable: version }
}

/**
 * Readings in which so many pods or callers as a weight (percent) asks for belong to the twin; at least one of each. At 100 all
 * do. Counters of the other side, which cannot tell them apart, are left out.
 */
export function divided(
  readings: Readings,
  version: string,
  { by, names }: Division,
  weight: number,
): Readings {
  const count = Math.min(names.length - 1, Math.max(1, Math.round((names.length * weight) / 100)))
  const twins = weight >= 100 ? undefined : new Set(names.slice(0, count))
  const { canary } = twinVersions(version)
  const renamed = (one: LabeledSeries): LabeledSeries =>
    one.version === version && (twins === undefined || twins.has(nameOf(one, by)))
      ? { ...one, version: canary }
      : one
  const side = ({ requests, latencies }: SideReadings): SideReadings => ({
    requests: requests.map(renamed),
    latencies: latencies.map(renamed),
  })
  return { ...NO_READINGS, [by]: side(readings[by]) }
}

function nameOf({ pod, instance }: LabeledSeries, by: Reporter): string {
  return by === 'Destination' ? (pod ?? instance) : instance
}

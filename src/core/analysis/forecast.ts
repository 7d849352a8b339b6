import { addLook, initialEvidence } from './evidence.ts'
import type { Evidence, MetricLook } from './evidence.ts'
import { judge } from './judge.ts'
import { requestsWhere } from './least-requests.ts'
import type { Measure } from './measures.ts'
import type { Course } from './processes.ts'
import type { CutLook, StrandLook } from './strands.ts'
import type { ErrorLevels } from './verdict.ts'

/**
 * What the analysis will do with requests that come as they usually do: the counts to expect go through the processes and
 * the judge of a release, so a forecast is theirs.
 *
 * Half of all releases decide within the requests of a forecast. Evidence moves up and down by chance, and the first time
 * that it is high enough decides, so the middle one is a little luckier than the counts to expect.
 */

/** By so many standard deviations; found by simulation, and held to ± 30 % of it by the tests. */
const LUCK = 0.35

/** What stable usually does, in one sense of bad. */
export interface Habit extends Pick<CutLook, 'at' | 'isLimit' | 'phi'> {
  /** Of stable's requests, 0–1. */
  readonly share: number
}

/** The same as one side counts it. */
export interface SideOutlook extends Pick<StrandLook, 'reporter'> {
  /** Share of the requests that this side sees, 0–1: not every caller has a proxy. */
  readonly part: number
  readonly cuts: readonly Habit[]
}

/** What is to be expected of a measure. */
export interface Outlook {
  readonly measure: Measure
  readonly sides: readonly SideOutlook[]
}

/** Under what a forecast is made. */
export interface Conditions {
  readonly course: Course
  readonly levels: ErrorLevels
  /** Measures that share the chance of a false alarm. */
  readonly accusers: number
}

/**
 * Canary requests of this step until it passes, if the canary is as good as stable; undefined when it never does.
 */
export function requestsToPass(outlook: Outlook, { course, levels }: Conditions): number | undefined {
  const { measure } = outlook
  const terms = { levels, weights: course.weights }
  return requestsWhere((requests) => {
    const evidence = evidenceAfter(outlook, course, { requests, extra: 0 })
    return judge(evidence, [measure], terms).verdict === 'Pass'
  })
}

/**
 * Canary requests of this step until the canary is rolled back, if nothing else was seen of it; undefined when it never is.
 * @param extra share (0–1) of its requests that are bad and would not be of stable
 */
export function requestsToFail(outlook: Outlook, extra: number, conditions: Conditions): number | undefined {
  return requestsWhere((requests) => isFound(outlook, { requests, extra }, conditions))
}

const HALVINGS = 20

/**
 * The smallest harm that so many canary requests of this step show: the share (0–1) of its requests that are bad and would
 * not be of stable. Undefined when not even a canary that fails all of them is found.
 */
export function smallestFound(
  outlook: Outlook,
  requests: number,
  conditions: Conditions,
): number | undefined {
  if (requests < 1 || !isFound(outlook, { requests, extra: 1 }, conditions)) return undefined
  let missed = 0
  let found = 1
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (missed + found) / 2
    if (isFound(outlook, { requests, extra: middle }, conditions)) found = middle
    else missed = middle
  }
  return found
}

/** A number of canary requests, and the share of them that are bad beyond what stable's are. */
interface Load {
  readonly requests: number
  readonly extra: number
}

function isFound(outlook: Outlook, load: Load, { course, levels, accusers }: Conditions): boolean {
  const { peak } = evidenceAfter(outlook, course, load)
  return peak.logE >= Math.log(Math.max(1, accusers) / levels.alpha)
}

function evidenceAfter(outlook: Outlook, course: Course, load: Load): Evidence {
  const { measure } = outlook
  const looks = { [measure.name]: expectedLook(outlook, course, load) }
  return addLook(initialEvidence([measure], course.weights.length), [measure], looks, course)
}

function expectedLook({ sides }: Outlook, { step, weights }: Course, { requests, extra }: Load): MetricLook {
  const weight = weights[step] ?? 100
  const stablePerCanary = (100 - weight) / weight
  const strands = sides.map(({ reporter, part, cuts }): StrandLook => {
    const total = { canary: requests * part, stable: requests * part * stablePerCanary }
    return {
      reporter,
      total,
      cuts: cuts.map(({ share, ...cut }): CutLook => {
        const mean = total.canary * harmed(share, extra)
        const luck = LUCK * Math.sqrt(mean * cut.phi) * (extra > 0 ? 1 : -1)
        const canary = Math.min(total.canary, Math.max(0, mean + luck))
        return { ...cut, past: share, bad: { canary, stable: total.stable * share } }
      }),
    }
  })
  return { strands }
}

/** Harm meets requests whether or not they would have been bad anyway. */
function harmed(share: number, extra: number): number {
  return share + extra * (1 - share)
}

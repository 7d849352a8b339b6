import { durationMs } from '../../api/quantities.ts'
import type { Plan } from '../plan.ts'
import { accusersOf } from './evidence.ts'
import { requestsToFail, requestsToPass, smallestFound } from './forecast.ts'
import type { Conditions, Outlook } from './forecast.ts'
import type { Habits } from './habits.ts'
import { measuresOf } from './measures.ts'
import { DEFAULT_LEVELS } from './verdict.ts'
import type { ErrorLevels } from './verdict.ts'

/** What a measure can do at a step. Shares are 0–1 of the canary's requests, times milliseconds at the usual rate. */
export interface MeasureProspect {
  readonly metric: string
  /** Canary requests until it passes; absent: it never does. */
  readonly needs?: number
  /** What stable has: of requests that are bad in the sense of the limit, or else by its first boundary. */
  readonly usualShare: number
  /** The smallest share of bad requests that is found in the time a step has; absent: none is, not even all of them. */
  readonly smallestFound?: number
  /** Twice as much harm, to give an idea of how soon it is found. */
  readonly example?: { readonly share: number; readonly afterMs: number }
  /** When a canary is found that fails every request; absent: never. */
  readonly deadAfterMs?: number
}

/** How long a step takes at a rate, the hold counted in; Infinity: it never passes (milliseconds). */
export interface Times {
  readonly usual: number
  readonly quietest: number
  readonly busiest: number
}

export interface StepProspect {
  readonly weight: number
  readonly holdMs: number
  /** Hold and patience: longer it does not wait for a verdict. */
  readonly longestMs: number
  readonly measures: readonly MeasureProspect[]
  /** The metric that passes last; absent: one never does. */
  readonly needs?: { readonly metric: string; readonly requests: number }
  readonly times: Times
}

/** What a release of a plan will be like, if its service goes on as it did. */
export interface Prospect {
  readonly steps: readonly StepProspect[]
  /** From the first weight to the end of the last step, if the canary is as good as stable. */
  readonly total: Times
}

/**
 * What a release will be like.
 * @param weights instead of those of the plan, as many
 */
export function prospectOf(
  plan: Plan,
  habits: Habits,
  weights: readonly number[] = plan.steps.map(({ weight }) => weight),
): Prospect {
  const measures = measuresOf(plan.metrics)
  const levels = levelsOf(plan)
  const accusers = accusersOf(measures).length
  const steps = plan.steps.map((_, step) =>
    stepProspect(plan, habits, { course: { step, weights }, levels, accusers }),
  )
  const total = (of: keyof Times) => steps.reduce((sum, { times }) => sum + times[of], 0)
  return { steps, total: { usual: total('usual'), quietest: total('quietest'), busiest: total('busiest') } }
}

/** The chances of error that a plan accepts. */
export function levelsOf({ falseRollback, falsePromotion }: Plan): ErrorLevels {
  return { alpha: falseRollback, beta: falsePromotion ?? DEFAULT_LEVELS.beta }
}

function stepProspect(plan: Plan, habits: Habits, conditions: Conditions): StepProspect {
  const { step, weights } = conditions.course
  const weight = weights[step] ?? 100
  const holdMs = plan.steps[step]?.holdMs ?? 0
  const longestMs = holdMs + (plan.patienceMs ?? DEFAULT_PATIENCE_MS)
  const perSecond = (habits.usual.perSecond * weight) / 100
  const pace = { plan, perSecond }
  const measures = habits.outlooks.map((outlook) => measureProspect(outlook, conditions, { pace, longestMs }))
  const needs = measures.every((one) => one.needs !== undefined)
    ? measures
        .map(({ metric, needs: requests = 0 }) => ({ metric, requests }))
        .toSorted((a, b) => b.requests - a.requests)[0]
    : undefined
  const timeAt = (rate: number) =>
    Math.max(holdMs, timeOf(needs?.requests, { plan, perSecond: (rate * weight) / 100 }))
  const times = {
    usual: timeAt(habits.usual.perSecond),
    quietest: timeAt(habits.quietest.perSecond),
    busiest: timeAt(habits.busiest.perSecond),
  }
  return { weight, holdMs, longestMs, measures, ...(needs && { needs }), times }
}

/** A release without an end to its patience is planned with the usual one. */
const DEFAULT_PATIENCE_MS = durationMs('30m')

/** How fast requests come to the canary. */
interface Pace {
  readonly plan: Pick<Plan, 'warmupMs' | 'intervalMs'>
  readonly perSecond: number
}

/** When so many requests are counted: after the warm-up, at the end of a look, and a look is complete one scrape later. */
function timeOf(requests: number | undefined, { plan, perSecond }: Pace): number {
  if (requests === undefined || perSecond <= 0) return Infinity
  const looks = Math.max(1, Math.ceil((requests / perSecond) * (1000 / plan.intervalMs)))
  return plan.warmupMs + (looks + 1) * plan.intervalMs
}

/** Requests that are counted in a time. */
function requestsWithin(timeMs: number, { plan, perSecond }: Pace): number {
  return Math.floor((Math.max(0, timeMs - plan.warmupMs - plan.intervalMs) / 1000) * perSecond)
}

/** Harm is told in this many digits: a forecast is no better. */
const DIGITS = 2

function measureProspect(
  outlook: Outlook,
  conditions: Conditions,
  { pace, longestMs }: { pace: Pace; longestMs: number },
): MeasureProspect {
  const usualShare = usualShareOf(outlook)
  const worse = (extra: number) => Number((usualShare + extra * (1 - usualShare)).toPrecision(DIGITS))
  const needs = requestsToPass(outlook, conditions)
  const common = { metric: outlook.measure.name, usualShare, ...(needs !== undefined && { needs }) }
  if (outlook.measure.kind === 'TrafficSplit') return common
  const smallest = smallestFound(outlook, requestsWithin(longestMs, pace), conditions)
  const deadAfterMs = timeOf(requestsToFail(outlook, 1, conditions), pace)
  const extra = Math.min(1, 2 * (smallest ?? 1))
  const afterMs = timeOf(requestsToFail(outlook, extra, conditions), pace)
  return {
    ...common,
    ...(smallest !== undefined && { smallestFound: worse(smallest) }),
    ...(smallest !== undefined && extra < 1 && { example: { share: worse(extra), afterMs } }),
    ...(deadAfterMs < Infinity && { deadAfterMs }),
  }
}

/** Of the sides the one that sees more of it: callers do not see what retries hide. */
function usualShareOf({ sides }: Outlook): number {
  const shares = sides.map(({ cuts }) => (cuts.find(({ isLimit }) => isLimit) ?? cuts[0])?.share ?? 0)
  return Math.max(0, ...shares)
}

/** A step that has no verdict in time at the usual rate. */
export function isTooSlow({ times, longestMs }: StepProspect): boolean {
  return times.usual > longestMs
}

/**
 * The smallest first weight (percent) with which the first step is decided in time at the usual rate; undefined when the
 * planned one is enough, or no other below the second step's is.
 */
export function largerFirstWeight(plan: Plan, habits: Habits): number | undefined {
  const weights = plan.steps.map(({ weight }) => weight)
  const [first = 100, next = 100] = weights
  const isEnough = (weight: number): boolean => {
    const course = { step: 0, weights: [weight, ...weights.slice(1)] }
    const accusers = accusersOf(measuresOf(plan.metrics)).length
    const step = stepProspect(plan, habits, { course, levels: levelsOf(plan), accusers })
    return !isTooSlow(step)
  }
  if (isEnough(first)) return undefined
  for (let weight = Math.floor(first) + 1; weight < next; weight++) if (isEnough(weight)) return weight
  return undefined
}

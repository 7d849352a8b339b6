import { durationText } from '../../api/quantities.ts'
import { LOOK_BACK_MS } from '../../core/analysis/counters.ts'
import type { Window } from '../../core/analysis/counters.ts'
import { addLook, evidenceOf } from '../../core/analysis/evidence.ts'
import type { Evidence, Looks, MetricLook } from '../../core/analysis/evidence.ts'
import { countMeasure } from '../../core/analysis/counting.ts'
import type { Sight } from '../../core/analysis/counting.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import { scrapeIntervalMs } from '../../core/analysis/look-end.ts'
import { readingsEnd, seriesOf } from '../../core/analysis/readings.ts'
import type { Readings } from '../../core/analysis/readings.ts'
import type { Reporter } from '../../core/analysis/strands.ts'
import { oldTargets } from '../../core/analysis/traits.ts'
import type { Traits } from '../../core/analysis/traits.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { readyPods } from '../context.ts'
import { withNamed } from '../named-prometheus.ts'
import { ISTIO_MS, inTime } from './in-time.ts'
import { lookAtOwn } from './own-metrics.ts'
import { latencySides, readCounters } from './reading.ts'
import type { BackgroundReader } from './reading.ts'
import { Turns } from './turns.ts'

/** Longest time for metrics of the user's own, after Istio's (milliseconds): the guard and heartbeats wait meanwhile. */
const OWN_MS = 2_500
/** Until two scrapes of a target are known (milliseconds): what Prometheus does unless it is told otherwise. */
const USUAL_SCRAPE_MS = 60_000
/** Looks at a Prometheus that a Rollout names hold up no others. */
const TURNS = { common: new Turns(), named: new Turns() }
/** Longest time that one look covers; what was missed beyond it stays unseen. */
const LONGEST_LOOK_MS = 900_000

/** What was gathered up to a moment. Heartbeats carry it, so that a crash loses nothing. */
export interface Gathered {
  readonly evidence: Evidence
  /** Requests up to here are counted; milliseconds since the epoch. */
  readonly countedTo: number
}

/** What a look asks. */
export interface Lookout {
  readonly ports: Ports
  readonly state: ReleaseState
  readonly background: BackgroundReader
}

/**
 * Reads raw counters and adds what is new to the evidence. The same as before when no target was scraped since. Throws
 * a ProviderError, also when Prometheus answers and knows the service, but scrapes none of its targets any more.
 */
export async function look(given: Lookout, before: Gathered, nowMs: number): Promise<Gathered> {
  const { state } = given
  const lookout = { ...given, ports: withNamed(given.ports, state) }
  const fromMs = Math.max(before.countedTo, nowMs - LONGEST_LOOK_MS)
  if (nowMs <= fromMs) return before
  // After too long a gap nobody can tell a new target from one that was away: then none counts from 0.
  const startedMs = fromMs > before.countedTo ? Infinity : state.startedAt
  const span = { fromMs, toMs: nowMs, startedMs }
  const seen = usesIstio(state)
    ? await lookInTurn(lookout, before.evidence, span)
    : { looks: {}, window: span }
  if (seen === undefined) return before
  const { window } = seen
  const looks = { ...seen.looks, ...(await lookAtOwnOnes(lookout, before.evidence, window)) }
  const evidence = addLook(before.evidence, measuresOf(state.plan.metrics), looks, courseOf(state))
  return { evidence, countedTo: window.toMs }
}

/** Whether any metric of a release is Istio's own; without one nothing is asked of its counters. */
function usesIstio({ plan }: Pick<ReleaseState, 'plan'>): boolean {
  return plan.metrics.some(({ istio }) => istio !== undefined)
}

/** Looks when others are read, too. Throws a ProviderError, also when that takes too long. */
async function lookInTurn(
  lookout: Lookout,
  evidence: Evidence,
  span: Window,
): Promise<SeenOfIstio | undefined> {
  const { state, background } = lookout
  const turns = TURNS[state.plan.prometheus ? 'named' : 'common']
  let why = 'it is busy with other looks of this worker: this one had no turn'
  const inTurn = async (tooLate: AbortSignal) => {
    const read = async () => {
      why = 'it did not answer'
      return lookAtIstio(lookout, evidence, span, tooLate)
    }
    return turns.take(background.isKnown ? 'News' : 'Hour', read, tooLate)
  }
  const seen = await inTime(inTurn, ISTIO_MS, () => why)
  if (seen !== undefined) {
    // The next look begins there.
    const hour = { toMs: seen.window.toMs, latencies: latencySides(state, evidence) }
    background.renew(hour, async (read) => turns.takeLater(read))
  }
  return seen
}

interface SeenOfIstio {
  readonly looks: Looks
  readonly window: Window
}

/**
 * What Istio's counters say of the time since the last look; undefined when no target was scraped since, or nobody waits
 * for it any more.
 */
async function lookAtIstio(
  { ports, state, background }: Lookout,
  evidence: Evidence,
  span: Window,
  tooLate: AbortSignal,
): Promise<SeenOfIstio | undefined> {
  const latencies = latencySides(state, evidence)
  const readNews = async () => newsOf(ports, state, span, latencies)
  // What was read is not held while the hour before is: thousands of looks may wait for theirs at the same time.
  if (!background.isKnown && (await readNews()) === undefined) return undefined
  // Up to this look, since it must not know what the look brings; and only for one that counts, since it is large until then.
  const isOthers = background.isReading
  const traits = await background.traits({ toMs: span.fromMs, latencies })
  // The look that began to read it goes on in any case: what looks need of the hour is kept then, and the rest let go.
  const news = tooLate.aborted && isOthers ? undefined : await readNews()
  if (news === undefined) return undefined
  const { readings, window } = news
  const { canary, stable } = sidesOf(state)
  const sight: Sight = {
    readings,
    versions: { canary: canary.version, stable: stable.version },
    window: { ...window, ...oldTargets(traits, window) },
    canaryIsGone: readyPods(ports, state, canary.version) === 0,
  }
  const looks = countAll(state, evidence, sight, traits)
  traits.settle()
  return { looks, window: sight.window }
}

/** The counters, and the part of a time that they cover; undefined when no target was scraped in it. Throws a ProviderError. */
async function newsOf(
  ports: Ports,
  state: ReleaseState,
  span: Window,
  latencies: readonly Reporter[],
): Promise<{ readings: Readings; window: Window } | undefined> {
  const { fromMs, toMs: nowMs } = span
  const readings = await readCounters(ports, state, {
    span: { fromMs: fromMs - LOOK_BACK_MS, toMs: nowMs, sinceMs: fromMs },
    latencies,
  })
  if (seriesOf(readings).length === 0) return undefined
  throwIfSparse(readings)
  const toMs = readingsEnd(readings, nowMs, Math.max(state.plan.intervalMs, USUAL_SCRAPE_MS))
  if (toMs === undefined) throw new ProviderError('it has not scraped any proxy lately')
  return toMs <= fromMs ? undefined : { readings, window: { ...span, toMs } }
}

/** Counters of a target that is seen too seldom could not be told from those of a new one, which began at 0. */
function throwIfSparse(readings: Readings): void {
  const scrapeMs = scrapeIntervalMs(seriesOf(readings)) ?? 0
  if (scrapeMs <= LOOK_BACK_MS / 2) return
  const most = durationText(LOOK_BACK_MS / 2)
  throw new ProviderError(
    `it scrapes the proxies every ${durationText(scrapeMs)}, and ${most} is the longest time that can be judged by; set a shorter scrape_interval`,
  )
}

function countAll(state: ReleaseState, evidence: Evidence, sight: Sight, traits: Traits): Looks {
  const measures = measuresOf(state.plan.metrics).filter(({ kind }) => kind !== 'Counts' && kind !== 'Number')
  return Object.fromEntries(
    measures.flatMap((measure) => {
      const seen = countMeasure(measure, evidenceOf(evidence, measure.name), sight, traits)
      return seen === undefined ? [] : [[measure.name, seen]]
    }),
  )
}

/** What metrics of the user's own say. */
async function lookAtOwnOnes({ ports, state }: Lookout, evidence: Evidence, window: Window): Promise<Looks> {
  const { metrics } = state.plan
  const measures = measuresOf(metrics)
  const seen = await Promise.all(
    metrics.map(async (metric, index) => {
      const measure = measures[index]
      if (metric.istio !== undefined || measure === undefined) return []
      const one = await orProblem(
        inTime(async () => lookAtOwn(metric, measure, { ports, state, evidence, window }), OWN_MS),
      )
      return one === undefined ? [] : [[metric.name, one] as const]
    }),
  )
  return Object.fromEntries(seen.flat())
}

/** A metric that can't be read must not keep the others from being judged. */
async function orProblem(reading: Promise<MetricLook | undefined>): Promise<MetricLook | undefined> {
  try {
    return await reading
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { strands: [], problem }
  }
}

/** Where the release stands among its steps. */
function courseOf({ plan, step }: ReleaseState): { step: number; weights: number[] } {
  return { step, weights: plan.steps.map(({ weight }) => weight) }
}

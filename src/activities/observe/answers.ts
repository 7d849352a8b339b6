import { CancelledFailure, Context, sleep } from '@temporalio/activity'
import type { Evidence } from '../../core/analysis/evidence.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import type { EndingReason } from '../../api/v1alpha1/conditions.ts'
import type { ResultEvent } from '../../core/machine/event.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { contestAfter } from '../../core/policy/contest.ts'
import type { Contest } from '../../core/policy/contest.ts'
import type { Alarm } from '../../core/policy/guard.ts'
import { describePlanned } from '../../core/policy/planned.ts'
import { verdictsOf } from '../../core/status/observing.ts'
import { contestedRemedy } from '../../core/traffic/contested.ts'
import { lastWriter } from '../../core/traffic/drift.ts'
import { lowerWeight, reclaimRoute } from '../../core/traffic/edits.ts'
import { RefusedError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { applyAll } from '../apply-all.ts'
import { foreignNotes } from '../foreign-faults.ts'
import type { Outcome } from '../perform.ts'
import type { Gathered } from './look.ts'

/** Time between two tries to take a canary's weight away (milliseconds). */
const RETRY_MS = 250

/**
 * A metric failed: weight 0 is written here and now, whatever becomes of Temporal; the workflow completes the rollback.
 */
export async function answerFail(
  ports: Ports,
  state: ReleaseState,
  fail: { readonly judgement: Judgement; readonly completeAt: number; readonly gathered: Gathered },
): Promise<Outcome> {
  const cause = fail.judgement.metrics.find((metric) => metric.metric === fail.judgement.cause)
  const message = `${cause?.metric ?? 'a metric'}: ${cause?.evidence ?? 'crossed its limit'}`
  return answerEnd(ports, state, { ...fail, reason: 'MetricFailed', message })
}

/** The release is to be taken back: that, too, waits neither for Temporal nor for the workflow. */
export async function answerEnd(
  ports: Ports,
  state: ReleaseState,
  end: {
    readonly judgement: Judgement
    readonly gathered: Gathered
    readonly reason: EndingReason
    readonly message: string
    /** When it was known, milliseconds since the epoch. */
    readonly completeAt: number
  },
): Promise<Outcome> {
  const isLowered = await lowerAtOnce(ports, state, end)
  const { reason, message } = end
  const event: ResultEvent = { ...stamp(ports, state), type: 'Failed', reason, message }
  const notes = await foreignNotes(ports, state)
  const verdicts = verdictsOf(end.judgement, state.plan.metrics, notes)
  return { event, verdicts, ...(isLowered && { observed: 0 }) }
}

/** Writes weight 0 and marks the release as over; false where the API server refuses it, which the workflow tries on. */
export async function lowerAtOnce(
  ports: Ports,
  state: ReleaseState,
  { gathered, completeAt }: { readonly gathered: Gathered; readonly completeAt: number },
): Promise<boolean> {
  const isLowered = await lowerNow(ports, state, { halt: true, gathered })
  if (isLowered) ports.reporter.lowered(state, ports.clock.now() - completeAt)
  return isLowered
}

/** What the guard mends by itself is not told to the workflow. */
export type Told = Exclude<Alarm, { kind: 'SubsetMissing' }>

/** Something is wrong that no metric needs to tell. */
export async function answerAlarm(
  ports: Ports,
  state: ReleaseState,
  { alarm, gathered }: { readonly alarm: Told; readonly gathered: Gathered },
): Promise<Outcome> {
  // In place of a stable version without pods the canary keeps its weight until stable can answer.
  if (LOWERS[alarm.kind] && !(state.stableLost && alarm.kind === 'TemplateChanged'))
    await lowerNow(ports, state, { halt: HALTS[alarm.kind], gathered })
  // Not before: a mark of this action hides who moved the weights, and a stranger's may stay for a while.
  if (alarm.kind === 'Drifted') await reclaim(ports, state)
  return { event: eventOf(alarm, { ...stamp(ports, state), state, evidence: gathered.evidence }) }
}

/**
 * Sets the mark again where a stranger took it along, since without one no weight is raised. What keeps that from being
 * written keeps the drift from nothing: the raise that answers it meets the same, tells it, and ends the release.
 */
async function reclaim(ports: Ports, state: ReleaseState): Promise<void> {
  try {
    await applyAll(ports, state, reclaimRoute)
  } catch (error) {
    Context.current().log.warn('the mark could not be set again, the raise tries it', { error })
  }
}

/** Whether an alarm takes the canary's weight at once: what the workflow mends or ends itself does not. */
const LOWERS: Readonly<Record<Told['kind'], boolean>> = {
  Overtaken: false,
  TrafficGone: false,
  TemplateChanged: true,
  StableLost: false,
  StableBack: false,
  CanaryCrashed: true,
  CanaryLost: true,
  Drifted: false,
}

/** Whether the release is over with it. */
const HALTS: Readonly<Record<Told['kind'], boolean>> = { ...LOWERS, CanaryLost: false }

function eventOf(
  alarm: Told,
  about: { seq: number; at: number; state: ReleaseState; evidence: Evidence },
): ResultEvent {
  const { seq, at, evidence } = about
  switch (alarm.kind) {
    case 'Overtaken':
      return { seq, at, type: 'Overtaken', message: 'the release is marked as over' }
    case 'TrafficGone': {
      const message = `${describePlanned(about.state.plan)} or its route is gone`
      return { seq, at, type: 'Failed', reason: 'TrafficObjectGone', message }
    }
    case 'TemplateChanged':
      return { seq, at, type: 'TemplateChanged', templateHash: alarm.templateHash }
    case 'CanaryCrashed':
      return { seq, at, type: 'Failed', reason: 'CanaryCrashed', message: alarm.message }
    case 'StableLost':
      return { seq, at, type: 'StableLost', evidence, message: alarm.message }
    case 'StableBack':
      return { seq, at, type: 'StableBack' }
    case 'CanaryLost':
      return { seq, at, type: 'CanaryLost', evidence, message: alarm.message }
    case 'Drifted':
      return { seq, at, type: 'Drifted', evidence, message: alarm.message, ...contestOf(alarm, about) }
  }
}

/** Whoever moved the weights, how often by now, and the remedy when they came back often enough. */
function contestOf(
  { by }: Extract<Alarm, { kind: 'Drifted' }>,
  { at, state }: { at: number; state: ReleaseState },
): { contest?: Contest; remedy?: string } {
  if (by === undefined) return {}
  const contest = contestAfter(state.contest, lastWriter(by), at)
  const remedy = contestedRemedy(contest, by)
  return { contest, ...(remedy !== undefined && { remedy }) }
}

function stamp(ports: Ports, state: ReleaseState): { seq: number; at: number } {
  return { seq: state.seq, at: ports.clock.now() }
}

/**
 * Lowers until the cluster agrees, and tells whether it does: what is refused the workflow tries on without end, and only
 * the event of this action makes that known to anybody. A cancelled activity gives up, since the workflow lowers then.
 */
async function lowerNow(
  ports: Ports,
  state: ReleaseState,
  { halt, gathered }: { readonly halt: boolean; readonly gathered: Gathered },
): Promise<boolean> {
  for (;;) {
    // Whoever goes on after a crash must know what speaks against the canary: a bare heartbeat would erase it.
    Context.current().heartbeat(gathered)
    try {
      await applyAll(ports, state, (traffic) => lowerWeight(traffic, halt))
      return true
    } catch (error) {
      if (error instanceof CancelledFailure) throw error
      Context.current().log.warn('weight 0 could not be written, trying again', { error })
      if (isRefusal(error)) return false
      await sleep(RETRY_MS)
    }
  }
}

/** All that could not be written was refused: everything else is lowered already. */
function isRefusal(error: unknown): boolean {
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  return causes.every((cause) => cause instanceof RefusedError)
}

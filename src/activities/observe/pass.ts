import { requestsOf } from '../../core/analysis/evidence.ts'
import { awaitedProbe } from '../../core/faults/progress.ts'
import type { Judgement, Verdict } from '../../core/analysis/verdict.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { overdueOf } from '../../core/policy/patience.ts'
import type { Overdue } from '../../core/policy/patience.ts'
import { observingMessage, verdictsOf } from '../../core/status/observing.ts'
import type { Ports } from '../../ports.ts'
import type { CanaryPods } from '../capacity/canary-pods.ts'
import { isPaused, patienceOf } from '../context.ts'
import { answerEnd } from './answers.ts'
import { foreignNotes, tellForeign } from '../foreign-faults.ts'
import type { Outcome } from '../perform.ts'
import type { Gathered } from './look.ts'
import type { Reporting } from './reporting.ts'

/** What a look brought. */
export interface LookResult {
  readonly gathered: Gathered
  readonly judgement: Judgement
  readonly reporting: Reporting
  /** Those that the next step needs. */
  readonly pods: CanaryPods
  /** It is the first look of this action. */
  readonly isFirst: boolean
}

/** Where the step stands besides its verdict. */
interface Moment {
  readonly holdLeftMs: number
  readonly paused: boolean
  /** Nothing but pods for the next weight can be missing. */
  readonly isDue: boolean
}

/** The step's end, if all that it waits for is there; otherwise the status is kept up to date. */
export async function passOf(
  ports: Ports,
  state: ReleaseState,
  result: LookResult,
): Promise<Outcome | undefined> {
  const { gathered, judgement, reporting, pods } = result
  const observed = await reporting.observeWeight()
  const notes = await foreignNotes(ports, state)
  await tellForeign(ports, state, reporting.newOf(notes))
  const moment = momentOf(ports, state, result)
  // Not before: pods that nobody needs yet cost something.
  if (moment.isDue) await pods.ask()
  const waitingFor = waitsFor(state, result, moment)
  if (moment.isDue && waitingFor === undefined) {
    const { evidence, countedTo } = gathered
    const event = { type: 'Passed' as const, seq: state.seq, at: ports.clock.now(), evidence, countedTo }
    const verdicts = verdictsOf(judgement, state.plan.metrics, notes)
    return { event, verdicts, ...(observed !== undefined && { observed }) }
  }
  const late = moment.isDue ? pods.late() : undefined
  if (late !== undefined) return { event: late }
  const overdue = await overdueNow(ports, state, result, moment)
  if (overdue !== undefined && overdue.kind !== 'Pause') return endOf(ports, state, result, overdue)
  await tellMoment(state, result, { ...moment, waitingFor, notes, isOverdue: overdue !== undefined })
  return undefined
}

/** The status says where the step stands, and what it waits for. */
async function tellMoment(
  state: ReleaseState,
  { gathered, judgement, reporting }: LookResult,
  {
    holdLeftMs,
    paused,
    waitingFor,
    notes,
    isOverdue,
  }: Moment & { waitingFor: string | undefined; notes: readonly string[]; isOverdue: boolean },
): Promise<void> {
  const waits = waitingFor === undefined ? {} : { waitingFor }
  const facts = { holdLeftMs, requestsPerSecond: rateOf(state, gathered), isOverdue, notes, ...waits }
  const message = observingMessage(state, judgement, facts)
  await reporting.write(judgement, { message, paused, isOverdue, notes })
}

/** Patience is over, and the verdict is still not there: that is told. */
async function overdueNow(
  ports: Ports,
  state: ReleaseState,
  { gathered, judgement, reporting }: LookResult,
  { paused }: Moment,
): Promise<Overdue | undefined> {
  if (paused) return undefined
  const waiting = {
    verdict: verdictWith(state, judgement),
    overMs: ports.clock.now() - holdEndOf(state),
    blindMs: gathered.evidence.blindMs ?? 0,
  }
  const overdue = overdueOf(waiting, patienceOf(ports, state))
  if (overdue !== undefined && !reporting.isOverdueTold()) await tellOverdue(ports, state, overdue)
  return overdue
}

/** A step that passes but for a fault probe that told nothing has not enough evidence. */
function verdictWith(state: ReleaseState, { verdict }: Judgement): Verdict {
  return verdict === 'Pass' && awaitedProbe(state) !== undefined ? 'Unsure' : verdict
}

/** A canary that goes on, or waits, without enough evidence does so in sight; told twice it is still one event. */
async function tellOverdue(ports: Ports, state: ReleaseState, { kind, message }: Overdue): Promise<void> {
  if (kind === 'Rollback') return
  const next =
    kind === 'Promote' ? 'goes on without' : 'waits, guarded, for more evidence or for somebody to decide'
  const { rollout, version, seq } = state
  const told = `${version} at ${desiredWeight(state)} %: ${message}; it ${next}`
  await ports.store.record(rollout, { type: 'Warning', reason: 'PatienceExceeded', message: told, seq })
}

/** The end of a step by the clock. */
async function endOf(
  ports: Ports,
  state: ReleaseState,
  { gathered, judgement }: LookResult,
  overdue: Exclude<Overdue, { kind: 'Pause' }>,
): Promise<Outcome> {
  const at = ports.clock.now()
  if (overdue.kind === 'Rollback')
    return answerEnd(ports, state, { ...overdue, gathered, judgement, completeAt: at })
  const { evidence, countedTo } = gathered
  const event = { type: 'Passed' as const, seq: state.seq, at, evidence, countedTo }
  return { event, verdicts: verdictsOf(judgement, state.plan.metrics, await foreignNotes(ports, state)) }
}

function momentOf(
  ports: Ports,
  state: ReleaseState,
  { gathered, judgement, reporting, isFirst }: LookResult,
): Moment {
  const now = ports.clock.now()
  const holdLeftMs = Math.max(0, holdEndOf(state) - now)
  // A workflow that has not heard yet of the end of a pause begins the action anew: not faster than once in an interval.
  const paused = isPaused(ports, state) || (isFirst && state.wanted.paused)
  const isDone = judgement.verdict === 'Pass' && holdLeftMs === 0 && !lacksCountsOfHold(state, gathered, now)
  const isHeld = paused || awaitedProbe(state) !== undefined
  return { holdLeftMs, paused, isDue: isDone && !isHeld && reporting.hasArrived() }
}

/** When the hold of the step is over; milliseconds since the epoch. */
export function holdEndOf({ plan, step, stepStartedAt = 0 }: ReleaseState): number {
  return stepStartedAt + (plan.steps[step]?.holdMs ?? 0)
}

/**
 * The hold is over, and its last requests are not counted yet: they are scraped after it, and an outage may delay that.
 * @param now milliseconds since the epoch
 */
export function lacksCountsOfHold(state: ReleaseState, { countedTo }: Gathered, now: number): boolean {
  const end = holdEndOf(state)
  return state.plan.metrics.length > 0 && end <= now && countedTo < end
}

/** What the next weight waits for besides the verdict, in words. Pods that Sluice brings are asked for when it is due. */
function waitsFor(
  state: ReleaseState,
  { reporting, pods }: LookResult,
  { paused, isDue }: Moment,
): string | undefined {
  if (paused) return 'spec.paused to be false'
  if (!reporting.hasArrived()) return 'the proxies to have the weight'
  const probe = awaitedProbe(state)
  if (probe !== undefined) return `fault probe ${probe.name}, which told nothing yet: ${probe.message}`
  return state.plan.capacity === 'Managed' && !isDue ? undefined : pods.awaited()
}

/** Canary requests a second in this step so far. */
function rateOf(state: ReleaseState, { evidence, countedTo }: Gathered): number {
  const { stepStartedAt = countedTo, plan, probes, step } = state
  const probedTo = probes?.step === step ? (probes.endedAt ?? 0) : 0
  const seconds = (countedTo - Math.max(stepStartedAt + plan.warmupMs, probedTo)) / 1000
  const totals = Object.values(evidence.metrics).map(requestsOf)
  return seconds > 0 ? Math.max(0, ...totals) / seconds : 0
}

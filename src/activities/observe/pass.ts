import type { Judgement } from '../../core/analysis/limit.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { observingMessage, verdictsOf } from '../../core/status/observing.ts'
import type { Ports } from '../../ports.ts'
import type { CanaryPods } from '../capacity/canary-pods.ts'
import { isPaused } from '../context.ts'
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

/** The step's end, if all that it waits for is there; otherwise the status is kept up to date. */
export async function passOf(
  ports: Ports,
  state: ReleaseState,
  { gathered, judgement, reporting, pods, isFirst }: LookResult,
): Promise<Outcome | undefined> {
  const observed = await reporting.observeWeight()
  const holdLeftMs = Math.max(0, holdEndOf(state) - ports.clock.now())
  // A workflow that has not heard yet of the end of a pause begins the action anew: not faster than once in an interval.
  const paused = isPaused(ports, state) || (isFirst && state.wanted.paused)
  const lacksCounts = lacksCountsOfHold(state, gathered, ports.clock.now())
  const isDone = judgement.verdict === 'Pass' && holdLeftMs === 0 && !paused && !lacksCounts
  const isDue = isDone && reporting.hasArrived()
  // Not before: pods that nobody needs yet cost something.
  if (isDue) await pods.ask()
  const waitingFor = paused ? 'spec.paused to be false' : waitsFor(state, { reporting, pods, isDue })
  if (isDue && waitingFor === undefined) {
    const { evidence, countedTo } = gathered
    const event = { type: 'Passed' as const, seq: state.seq, at: ports.clock.now(), evidence, countedTo }
    const verdicts = verdictsOf(judgement, state.plan.metrics)
    return { event, verdicts, ...(observed !== undefined && { observed }) }
  }
  const late = isDue ? pods.late() : undefined
  if (late !== undefined) return { event: late }
  const waits = waitingFor === undefined ? {} : { waitingFor }
  const facts = { holdLeftMs, requestsPerSecond: rateOf(state, gathered), ...waits }
  await reporting.write(judgement, { message: observingMessage(state, judgement, facts), paused })
  return undefined
}

/** When the hold of the step is over; milliseconds since the epoch. */
function holdEndOf({ plan, step, stepStartedAt = 0 }: ReleaseState): number {
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
  { plan }: ReleaseState,
  { reporting, pods, isDue }: Pick<LookResult, 'reporting' | 'pods'> & { isDue: boolean },
): string | undefined {
  if (!reporting.hasArrived()) return 'the proxies to have the weight'
  return plan.capacity === 'Managed' && !isDue ? undefined : pods.awaited()
}

/** Canary requests a second in this step so far. */
function rateOf(state: ReleaseState, { evidence, countedTo }: Gathered): number {
  const seconds = (countedTo - (state.stepStartedAt ?? countedTo) - state.plan.warmupMs) / 1000
  const totals = Object.values(evidence.metrics).map((metric) => metric.step.total)
  return seconds > 0 ? Math.max(0, ...totals) / seconds : 0
}

import { Context } from '@temporalio/activity'
import { durationText } from '../../api/quantities.ts'
import { beginStep, initialEvidence } from '../../core/analysis/evidence.ts'
import { judge, providerError } from '../../core/analysis/limit.ts'
import type { ErrorLevels, Judgement } from '../../core/analysis/limit.ts'
import { limitsOf } from '../../core/analysis/limits.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import type { Outcome } from '../perform.ts'
import { answerAlarm, answerFail } from './answers.ts'
import { guard } from './guard.ts'
import { look } from './look.ts'
import type { Gathered } from './look.ts'
import { Reporting } from './reporting.ts'
import { passOf } from './pass.ts'

/** Chance of passing a canary that is at its limit, each step: it sets how many requests a pass needs. */
const FALSE_PROMOTION = 0.05
/** Longest time between two looks of the guard, whatever the interval of the analysis. */
const GUARD_MS = 1000

/** What heartbeats carry from one attempt to the next. */
interface Memory extends Gathered {
  /** When somebody last watched; milliseconds since the epoch. */
  readonly watchedAt: number
}

/**
 * Watches the canary at a step: guards it at every change in the cluster, looks at the metrics at every interval, and
 * ends with the first event that moves the release on. Goes on from the last heartbeat after a crash.
 */
export async function observe(ports: Ports, state: ReleaseState): Promise<Outcome> {
  const context = Context.current()
  let memory = recall(state)
  await reportGap(ports, state, memory)
  const reporting = new Reporting(ports, state)
  const known = judge(memory.evidence, limitsOf(state.plan.metrics), levelsOf(state))
  if (known.verdict === 'Fail')
    return answerFail(ports, state, { judgement: known, completeAt: ports.clock.now() })
  let nextLookAt = 0
  for (;;) {
    context.cancellationSignal.throwIfAborted()
    const alarm = await guard(ports, state)
    if (alarm) return answerAlarm(ports, state, { alarm, gathered: memory })
    const now = ports.clock.now()
    if (now >= nextLookAt) {
      nextLookAt = now + state.plan.intervalMs
      const seen = await gather(ports, state, memory)
      memory = { ...seen.gathered, watchedAt: seen.watched ? now : memory.watchedAt }
      context.heartbeat(memory)
      ports.reporter.judged(state, seen.judgement)
      if (seen.judgement.verdict === 'Fail')
        return answerFail(ports, state, { judgement: seen.judgement, completeAt: now })
      const passed = await passOf(ports, state, { ...seen, reporting })
      if (passed) return passed
    }
    const waitMs = Math.min(GUARD_MS, Math.max(1, nextLookAt - ports.clock.now()))
    await ports.changes.next(state.rollout.namespace, waitMs, context.cancellationSignal)
  }
}

function recall(state: ReleaseState): Memory {
  const details = Context.current().info.heartbeatDetails as Memory | undefined
  if (details) return details
  const fresh = initialEvidence(limitsOf(state.plan.metrics), state.plan.steps.length)
  return {
    evidence: beginStep(state.evidence ?? fresh, state.step),
    countedTo: state.countFrom ?? state.phaseAt,
    watchedAt: state.phaseAt,
  }
}

/** Between two attempts nobody watched: that is told, since nothing else would tell it. */
async function reportGap(ports: Ports, state: ReleaseState, { watchedAt }: Memory): Promise<void> {
  const gapMs = ports.clock.now() - watchedAt
  if (gapMs <= 2 * Math.max(GUARD_MS, state.plan.intervalMs)) return
  ports.reporter.unwatched(state, gapMs / 1000)
  const message = `nobody watched ${state.version} at ${desiredWeight(state)} % for ${durationText(gapMs)}`
  await ports.store.record(state.rollout, { type: 'Warning', reason: 'Unwatched', message, seq: state.seq })
}

function levelsOf(state: ReleaseState): ErrorLevels {
  return { alpha: state.plan.falseRollback, beta: FALSE_PROMOTION }
}

interface Seen {
  readonly gathered: Gathered
  readonly judgement: Judgement
  readonly watched: boolean
}

/** An outage of Prometheus is never the canary's fault; what was known before it stands. */
async function gather(ports: Ports, state: ReleaseState, before: Gathered): Promise<Seen> {
  const metrics = limitsOf(state.plan.metrics)
  const levels = levelsOf(state)
  try {
    const gathered = await look(ports.metrics, state, before, ports.clock.now())
    return { gathered, judgement: judge(gathered.evidence, metrics, levels), watched: true }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const known = judge(before.evidence, metrics, levels)
    const judgement = known.verdict === 'Fail' ? known : providerError(metrics, error.message)
    return { gathered: before, judgement, watched: false }
  }
}

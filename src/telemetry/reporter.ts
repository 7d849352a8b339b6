import type { Logger } from 'pino'
import { keyOf } from '../api/names.ts'
import { DEPARTURE_REASONS } from '../core/faults/leaving.ts'
import type { Departure } from '../core/faults/leaving.ts'
import { IN_STEP, desiredWeight } from '../core/machine/state.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Reporter } from '../ports.ts'
import type { Metrics } from './metrics.ts'

/** Counts and logs what happens to releases. */
export function createReporter(metrics: Metrics, log: Logger): Reporter {
  return {
    moved: (before, after) => {
      const labels = labelsOf(after)
      if (after.phase === 'Done') forgetGauges(metrics, after)
      else {
        metrics.weight.set(labels, desiredWeight(after))
        metrics.step.set(labels, IN_STEP.has(after.phase) ? after.step + 1 : 0)
      }
      const { ended } = after
      if (ended !== undefined && ended !== before.ended) {
        metrics.releases.inc({ ...labels, result: ended.result })
        log.info({ ...fieldsOf(after), result: ended.result, reason: ended.reason }, 'release ended')
      }
      log.info({ ...fieldsOf(before), from: before.phase, to: after.phase }, 'release moved')
    },
    judged: (state, judgement) => {
      const labels = labelsOf(state)
      for (const { metric, verdict, value } of judgement.metrics) {
        metrics.verdicts.inc({ ...labels, metric, verdict })
        if (value !== undefined) metrics.value.set({ ...labels, metric }, value)
      }
      log.debug({ ...fieldsOf(state), judgement }, 'looked')
    },
    unwatched: (state, seconds) => {
      metrics.unwatchedSeconds.inc(labelsOf(state), seconds)
      log.warn({ ...fieldsOf(state), seconds }, 'canary was not watched')
    },
    lowered: (state, afterMs) => {
      metrics.rollbackSeconds.observe(afterMs / 1000)
      log.warn({ ...fieldsOf(state), afterMs }, 'weight 0 written')
    },
  }
}

/** Counts and logs what becomes of faults that nobody else takes out. */
export function createFaultReporter(metrics: Metrics, log: Logger) {
  // A counter that begins with its first increase hides that one from increase().
  for (const reason of Object.keys(DEPARTURE_REASONS)) metrics.faultsRemoved.inc({ reason }, 0)
  return {
    removed: ({ metadata }: VirtualService, { why, message, record }: Departure) => {
      metrics.faultsRemoved.inc({ reason: why })
      const { name: fault, owner, injectedAt, expiresAt } = record ?? {}
      const fields = { object: keyOf(metadata), reason: why, fault, owner, injectedAt, expiresAt, message }
      log.warn(fields, 'fault taken out')
    },
    failed: (object: string, error: unknown) => {
      metrics.reconcileErrors.inc()
      const problem = error instanceof Error ? error.message : String(error)
      log.warn({ object, problem }, 'faults could not be looked after, trying again')
    },
  }
}

/** Counts queries to Prometheus. */
export function prometheusReporter(metrics: Metrics) {
  return {
    queried: (result: string, seconds: number) => metrics.prometheusQuerySeconds.observe({ result }, seconds),
    resting: (isResting: boolean) => metrics.prometheusResting.set(isResting ? 1 : 0),
  }
}

/** A release that is over has no weight and no step; what stood there last would be taken for now. */
function forgetGauges(metrics: Metrics, state: ReleaseState): void {
  const labels = labelsOf(state)
  metrics.weight.remove(labels)
  metrics.step.remove(labels)
  for (const { name } of state.plan.metrics) metrics.value.remove({ ...labels, metric: name })
}

function labelsOf({ rollout }: ReleaseState): { namespace: string; rollout: string } {
  return { namespace: rollout.namespace, rollout: rollout.name }
}

function fieldsOf(state: ReleaseState): Record<string, unknown> {
  const { rollout, id, seq, version, step } = state
  return { rollout: keyOf(rollout), release: id, seq, version, step: step + 1 }
}

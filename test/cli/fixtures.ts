import type { RawRollout, RolloutMeta } from '../../src/api/v1alpha1/rollout.ts'
import type { Condition, HistoryEntry, RolloutStatus, VerdictStatus } from '../../src/api/v1alpha1/status.ts'
import type { ConditionType, Reason } from '../../src/api/v1alpha1/conditions.ts'
import type { EventView } from '../../src/cli/view/model.ts'
import type { FoundRollout } from '../../src/ports-views.ts'

/** When tests of the command line look: milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 4, 6, 12, 0, 0)

/** RFC 3339 time so many seconds ago. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString()
}

/** The three conditions as Sluice writes them; the one that holds has held for a minute. */
export function conditions(type: ConditionType, reason: Reason, generation = 1): Condition[] {
  return (['Ready', 'Reconciling', 'Stalled'] as const).map((one) => ({
    type: one,
    status: one === type ? 'True' : 'False',
    reason,
    message: '',
    observedGeneration: generation,
    lastTransitionTime: ago(60),
  }))
}

/** A spec with steps 5, 20, 50 and 100, held for five minutes each. */
function aSpec(version = 'v2'): object {
  return {
    version,
    traffic: {
      service: 'reviews',
      existing: { virtualServices: [{ name: 'reviews' }], destinationRule: { name: 'reviews' } },
    },
    analysis: { metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }] },
  }
}

/** A Rollout that nobody has looked at yet. */
export function aRollout(status: RolloutStatus = {}, changes: Partial<RolloutMeta> = {}): FoundRollout {
  const meta: RolloutMeta = {
    name: 'reviews',
    namespace: 'shop',
    uid: 'uid-reviews',
    generation: 1,
    resourceVersion: '7',
    creationTimestamp: ago(7_200),
    finalizers: [],
    ...changes,
  }
  const { name, namespace } = meta
  return { meta, spec: aSpec(), status, manifest: { kind: 'Rollout', metadata: { name, namespace }, status } }
}

/** v2 at 20 %, second of four steps. */
export const AT_20: RolloutStatus = {
  stableVersion: 'v1',
  message: '20 %: error-rate: 612 of about 900 canary requests seen, no harm; 50 % in about 2 more minutes',
  step: '2/4',
  release: {
    id: 'v2-template-1-2',
    seq: 7,
    phase: 'Observing',
    version: 'v2',
    templateHash: 'template-1',
    step: 2,
    steps: 4,
    startedAt: ago(420),
    stepStartedAt: ago(72),
  },
  weight: { desired: 20, observed: 20, observedBy: 'EnvoyAdmin' },
  verdicts: [
    verdict('error-rate', 'Unsure', '612 of about 900 canary requests seen, no harm'),
    verdict('p99', 'Pass', 'canary 0 of 2,724 requests took longer than 500ms (0%, p99 allows 1%)'),
  ],
  conditions: conditions('Reconciling', 'Progressing'),
}

/** v2 was rolled back. */
export const ROLLED_BACK: RolloutStatus = {
  ...without(AT_20, 'step'),
  message:
    'v2 was rolled back: error-rate: canary 10 of 197 requests failed (5.08%, limit 1%); users have v1',
  weight: { desired: 0 },
  verdicts: [verdict('error-rate', 'Fail', 'canary 10 of 197 requests failed (5.08%, limit 1%)')],
  conditions: conditions('Stalled', 'RolledBack'),
  history: [
    release(
      'v2',
      'RolledBack',
      'MetricFailed: error-rate: canary 10 of 197 requests failed (5.08%, limit 1%)',
    ),
  ],
}

/** v2 has all traffic. */
export const PROMOTED: RolloutStatus = {
  ...without(AT_20, 'step'),
  stableVersion: 'v2',
  message: 'v2 has all traffic; v1 stays ready for 10m',
  weight: { desired: 100 },
  conditions: conditions('Ready', 'Promoted'),
  history: [release('v2', 'Promoted', 'v2 has all traffic')],
}

export function verdict(metric: string, word: VerdictStatus['verdict'], evidence: string): VerdictStatus {
  return { metric, verdict: word, value: '0.00 %', limit: '1%', evidence }
}

/** A release that took a minute and ended a minute ago. */
export function release(to: string, result: HistoryEntry['result'], reason: string): HistoryEntry {
  return { from: 'v1', to, result, reason, startedAt: ago(120), finishedAt: ago(60) }
}

export function anEvent(secondsAgo: number, reason: string, changes: Partial<EventView> = {}): EventView {
  const message = `message of ${reason}`
  return { at: NOW - secondsAgo * 1000, type: 'Normal', reason, message, ...changes }
}

/** A view with a status. */
export function aView(status: RolloutStatus, events: readonly EventView[] = []) {
  const rollout: RawRollout = aRollout(status)
  return { rollout, events }
}

function without<K extends keyof RolloutStatus>(status: RolloutStatus, field: K): Omit<RolloutStatus, K> {
  const { [field]: _left, ...rest } = status
  return rest
}

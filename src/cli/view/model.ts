import type { ConditionType } from '../../api/v1alpha1/conditions.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { parseSpec } from '../../api/v1alpha1/rollout.ts'
import type { RolloutSpec } from '../../api/v1alpha1/spec.ts'
import type { Condition, VerdictStatus } from '../../api/v1alpha1/status.ts'
import type { RecordedEvent } from '../../ports-views.ts'

/** An event of a Rollout. */
export type EventView = RecordedEvent

/** What is known of a Rollout. */
export interface RolloutView {
  readonly rollout: RawRollout
  /** In any order. */
  readonly events: readonly EventView[]
}

/** The one condition that holds. */
export type Holding = Condition & { readonly type: ConditionType }

/** The condition that holds; undefined while no controller has looked. */
export function holdingOf({ status }: RawRollout): Holding | undefined {
  const conditions = (status.conditions ?? []) as Holding[]
  return conditions.find((condition) => condition.type in RANK && condition.status === 'True')
}

const RANK: Record<ConditionType, true> = { Ready: true, Reconciling: true, Stalled: true }

/** The reason in one word, as `kubectl get` shows it. */
export function reasonOf(rollout: RawRollout): string {
  return holdingOf(rollout)?.reason ?? 'Unseen'
}

/** The one sentence of what is and what comes next. */
export function messageOf({ status }: RawRollout): string {
  return status.message ?? 'no controller has looked at this Rollout yet; is "sluice run" running?'
}

/** The spec, where it is valid. */
export function specOf(rollout: RawRollout): RolloutSpec | undefined {
  const parsed = parseSpec(rollout.spec)
  return 'spec' in parsed ? parsed.spec : undefined
}

/** The version that is wanted, even if the rest of the spec is not valid. */
export function wantedOf({ spec }: RawRollout): string {
  const { version } = (spec ?? {}) as { version?: unknown }
  return typeof version === 'string' ? version : '?'
}

/** Who has how much of the traffic. */
export interface Split {
  readonly stable: string
  /** Absent when one version has everything and no other is tried. */
  readonly canary?: { readonly version: string; readonly weight: number }
}

/** Where the requests go; undefined while the stable version is not known. */
export function splitOf(rollout: RawRollout): Split | undefined {
  const { stableVersion: stable, release, weight } = rollout.status
  if (stable === undefined) return undefined
  const settled = release === undefined || release.version === stable
  if (settled || holdingOf(rollout)?.type === 'Ready') return { stable }
  return { stable, canary: { version: release.version, weight: weight?.desired ?? 0 } }
}

/** What the last look said; nothing when that was about another release than the one that is wanted. */
export function verdictsOf(rollout: RawRollout): readonly VerdictStatus[] {
  const { verdicts = [], release } = rollout.status
  return release !== undefined && release.step > 0 && release.version === wantedOf(rollout) ? verdicts : []
}

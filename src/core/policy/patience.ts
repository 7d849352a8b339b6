import type { EndingReason } from '../../api/v1alpha1/conditions.ts'
import { durationText } from '../../api/quantities.ts'
import type { Verdict } from '../analysis/verdict.ts'
import type { Plan } from '../plan.ts'

/** How long a step may go on without a verdict, and what follows. */
export type Patience = Pick<Plan, 'patienceMs' | 'onPatience' | 'onNoData' | 'onProviderError'>

/** Where a step stands. */
export interface Waiting {
  readonly verdict: Verdict
  /** Time since its hold was over; negative before (milliseconds). */
  readonly overMs: number
  /** Time in which nobody could see (milliseconds). */
  readonly blindMs: number
}

/** What follows when patience ends; `Pause` is to wait on, guarded, and to say so. */
export type Overdue =
  | { readonly kind: 'Pause'; readonly message: string }
  | { readonly kind: 'Promote'; readonly message: string }
  | { readonly kind: 'Rollback'; readonly reason: EndingReason; readonly message: string }

/** What follows of a step that has waited too long for a verdict; undefined while it may wait on. */
export function overdueOf(waiting: Waiting, patience: Patience): Overdue | undefined {
  const { patienceMs } = patience
  if (patienceMs === undefined) return undefined
  const { verdict, overMs, blindMs } = waiting
  const time = durationText(patienceMs)
  if (verdict === 'ProviderError') return blindMs >= patienceMs ? whenBlind(patience, time) : undefined
  if (verdict === 'Pass' || verdict === 'Fail' || overMs - blindMs < patienceMs) return undefined
  return verdict === 'NoData' ? whenSilent(patience, time) : whenUnsure(patience, time)
}

function whenBlind({ onProviderError }: Patience, time: string): Overdue | undefined {
  if (onProviderError !== 'Rollback') return undefined
  return { kind: 'Rollback', reason: 'ProviderError', message: `Prometheus could not be read for ${time}` }
}

function whenSilent({ onNoData }: Patience, time: string): Overdue {
  const message = `no request to judge by within a patience of ${time}`
  if (onNoData === 'Fail') return { kind: 'Rollback', reason: 'NoData', message }
  return { kind: onNoData === 'Pass' ? 'Promote' : 'Pause', message }
}

function whenUnsure({ onPatience }: Patience, time: string): Overdue {
  const message = `not enough evidence within a patience of ${time}`
  if (onPatience === 'Rollback') return { kind: 'Rollback', reason: 'PatienceExceeded', message }
  return { kind: onPatience ?? 'Pause', message }
}

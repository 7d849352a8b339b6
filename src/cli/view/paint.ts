import picocolors from 'picocolors'
import type { ConditionType } from '../../api/v1alpha1/conditions.ts'
import type { Verdict } from '../../core/analysis/verdict.ts'

export type Brush = (text: string) => string

/** What colours mean; without colours every brush leaves the text as it is. */
export interface Paint {
  readonly strong: Brush
  readonly faint: Brush
  readonly stable: Brush
  readonly canary: Brush
  readonly good: Brush
  readonly busy: Brush
  readonly bad: Brush
}

/** The brushes, with colours or without. */
export function paintOf(color: boolean): Paint {
  const colors = picocolors.createColors(color)
  return {
    strong: colors.bold,
    faint: colors.dim,
    stable: colors.green,
    canary: colors.yellow,
    good: colors.green,
    busy: colors.cyan,
    bad: colors.red,
  }
}

/** The brush of a standing; faint while there is none. */
export function brushOfStanding(paint: Paint, type: ConditionType | undefined): Brush {
  if (type === undefined) return paint.faint
  return { Ready: paint.good, Reconciling: paint.busy, Stalled: paint.bad }[type]
}

export function brushOfVerdict(paint: Paint, verdict: Verdict): Brush {
  const { good, bad, busy, canary } = paint
  return { Pass: good, Fail: bad, Unsure: busy, NoData: canary, ProviderError: canary }[verdict]
}

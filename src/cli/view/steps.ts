import { durationMs } from '../../api/quantities.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { durationText } from '../../api/quantities.ts'
import { specOf } from './model.ts'
import type { Paint } from './paint.ts'
import { ageText, columns, since } from './text.ts'

/** The steps of the release under way and how long this one has been held; nothing outside of steps. */
export function stepLines(
  rollout: RawRollout,
  now: number,
  options: { width: number; paint: Paint },
): string[] {
  const { release, step } = rollout.status
  if (release === undefined || step === undefined) return []
  const { width, paint } = options
  const spec = specOf(rollout)
  // The release keeps the steps it began with: those of an edited spec would be a lie.
  const steps = spec?.steps.length === release.steps ? spec.steps : []
  const current = release.step - 1
  const ladder = steps.map(({ weight }, index) => rung(weight, Math.sign(index - current), paint)).join('   ')
  const text = `step ${release.step} of ${release.steps}${heldText(release.stepStartedAt, steps[current]?.hold, now)}`
  if (ladder === '') return [text]
  const gap = width - columns(ladder) - text.length
  return gap >= 3 ? [ladder + ' '.repeat(gap) + text] : [ladder, text]
}

function rung(weight: number, side: number, paint: Paint): string {
  if (side < 0) return paint.good(`✔ ${weight} %`)
  return side === 0 ? paint.strong(paint.canary(`▶ ${weight} %`)) : paint.faint(`· ${weight} %`)
}

function heldText(startedAt: string | undefined, hold: string | undefined, now: number): string {
  const held = since(startedAt, now)
  if (held === undefined) return ', waiting for its weight'
  if (hold === undefined) return `, held ${ageText(held)}`
  const total = durationMs(hold)
  return held < total
    ? `, held ${ageText(held)} of ${durationText(total)}`
    : `, hold of ${durationText(total)} is over`
}

import { percentShare } from '../../../api/quantities.ts'
import { DECIMAL_PATTERN } from '../../../api/queries.ts'
import type { NumberRule } from '../number.ts'

/** What a metric of a Rollout says of its limits, as it was written. */
export interface WrittenLimits {
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly failureLimit?: number | undefined
  readonly consecutiveFailures?: number | undefined
}

/**
 * The rule of a plain number. Throws a RangeError that says what is wrong when a limit is no decimal number, which
 * happens where a MetricTemplate turns out to yield one.
 */
export function numberRule({ min, max, failureLimit, consecutiveFailures }: WrittenLimits): NumberRule {
  return {
    ...(min === undefined ? {} : { min: decimalOf('min', min) }),
    ...(max === undefined ? {} : { max: decimalOf('max', max) }),
    failureLimit: failureLimit ?? (consecutiveFailures === undefined ? 0 : Infinity),
    ...(consecutiveFailures === undefined ? {} : { consecutiveFailures }),
  }
}

/**
 * The largest share of bad ones (0–1) of a metric that yields counts; undefined when it is only compared. Throws a
 * RangeError that says what is wrong when the limits are those of a plain number.
 */
export function shareLimit({ max, ...others }: WrittenLimits): number | undefined {
  const plain = Object.entries(others).find(([, value]) => value !== undefined)
  if (plain !== undefined)
    throw new RangeError(`${plain[0]} must be absent: the template yields counts, not a plain number`)
  return max === undefined ? undefined : percentShare(max)
}

function decimalOf(field: string, text: string): number {
  if (DECIMAL_PATTERN.test(text)) return Number(text)
  throw new RangeError(
    `${field} must be a decimal number, found "${text}": the template yields a plain number`,
  )
}

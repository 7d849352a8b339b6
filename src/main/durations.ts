import { z } from 'zod'
import { DURATION_PATTERN, durationMs } from '../api/quantities.ts'

/** A setting such as `10s`, in milliseconds. */
export const duration = z
  .string()
  .regex(DURATION_PATTERN, 'must be a duration like 10s')
  .transform(durationMs)

import { rolloutRows as rows } from './rows.ts'
import type { BadSpec, Path } from './specs.ts'

/** Bad durations and percentages of a Rollout. */

const DURATION = 'must be a duration of whole numbers with the units h, m, s, ms, such as 30s, 5m or 1h30m'

/** What is no percentage, or is one above 100%. */
const NO_PERCENTAGES = ['', '1', '0.01', '1,5 %', '1,5%', '1 %', '-1%', '101%']

/** What is no percentage above 0% and below 100%. */
export const NO_SHARES = [...NO_PERCENTAGES, '0%', '0.0%', '100%']

/** What is no duration. */
export function badDurations(path: Path): BadSpec[] {
  const values = ['', '5 minutes', '5', '1.5m', '-5m', '5m 30s', '30s5m', '1d', '5M', 'PT5M']
  return [...values.map((value) => rows.form(path, value, DURATION)), rows.tooLong(path, 20)]
}

/** Durations of nothing, for fields that must be longer. */
export function zeroDurations(path: Path): BadSpec[] {
  return ['0s', '0h0m'].map((value) => rows.form(path, value, `${DURATION}, and longer than 0s`))
}

/** What is no percentage above 0% and below 100%. */
export function badShares(path: Path): BadSpec[] {
  const must = 'must be a percentage above 0% and below 100%, such as 1% or 0.25%'
  return [...NO_SHARES.map((value) => rows.form(path, value, must)), rows.tooLong(path, 20)]
}

/** What is no percentage from 0% to below 100%. */
export function badTolerances(path: Path): BadSpec[] {
  const must = 'must be a percentage from 0% to below 100%, such as 0.1%'
  const values = [...NO_PERCENTAGES, '100%', '100.0%']
  return [...values.map((value) => rows.form(path, value, must)), rows.tooLong(path, 20)]
}

import { z } from 'zod'
import { ARGUMENT_PREFIX, BUILT_IN_PARAMETERS, PARAMETER_NAME_PATTERN, SELECTOR_PATTERN } from '../queries.ts'
import type { Check } from './checks.ts'
import { bounded, patternCheck, textCheck } from './forms.ts'
import { metricHttp } from './metric-http.ts'

/** Where a metric's value comes from, besides Istio's own metrics: in MetricTemplates and in metrics of a Rollout. */

const PARAMETERS = Object.keys(BUILT_IN_PARAMETERS)
  .concat(`${ARGUMENT_PREFIX}NAME`)
  .map((name) => `\`{{ ${name} }}\``)
  .join(', ')

const LONGEST_QUERY = 4096

const notBlank = textCheck(
  'not be empty',
  (text) => /[^ \t\r\n]/.test(text),
  String.raw`self.matches(r'[^ \t\r\n]')`,
)

const selector = bounded(
  LONGEST_QUERY,
  notBlank,
  patternCheck(
    'be a selector of counters without anything around it, such as orders_total{service="{{ service }}"}',
    SELECTOR_PATTERN,
  ),
)

const counts = z
  .strictObject({
    bad: selector.describe('Selects the counters of what went wrong. Those of `total` count it, too.'),
    total: selector.describe('Selects the counters of all that happened.'),
    versionLabel: bounded(
      128,
      patternCheck('be the name of a label in Prometheus, such as version', /^[a-zA-Z_][a-zA-Z0-9_]*$/),
    )
      .default('version')
      .describe('Label of the counters that holds the version, as `spec.version` of the Rollout has it.'),
  })
  .describe(
    `Two selectors of raw counters. Their samples are read as they were scraped, and differences taken by Sluice: no \`rate\`, no \`sum\`. Judged by the sequential test, within the stated chances of error. Parameters: ${PARAMETERS}.`,
  )

/** The sources of which a metric has one. */
export const sourceFields = {
  query: bounded(LONGEST_QUERY, notBlank)
    .optional()
    .describe(
      `PromQL that yields one number: a scalar, or a vector of one element. An empty vector and NaN are no data. Parameters: ${PARAMETERS}. In a string they are escaped for it, and for regular expressions after =~ and !~; elsewhere they must be a number, a duration or the name of a metric, and stand by themselves.`,
    ),
  counts: counts.optional(),
  http: metricHttp.optional(),
}

/** Name of a parameter that a MetricTemplate declares. */
export const parameterName = bounded(
  63,
  patternCheck(
    'be the name of a parameter (1 to 63 letters, digits, "-" or "_", with a letter first)',
    PARAMETER_NAME_PATTERN,
  ),
)

/** Value of a parameter: taken as it is, so that no cycle can be written. */
export const parameterValue = bounded(
  1024,
  textCheck(
    'have no {{ in it: parameters are not filled into values of parameters',
    (text) => !text.includes('{{'),
    `!self.contains('{{')`,
  ),
)

/** Holds of an object with exactly one of the fields. */
export function exactlyOne<T extends object>(fields: readonly (keyof T & string)[]): Check<T> {
  return {
    must: `have exactly one of ${fields.join(', ')}`,
    holds: (value) => fields.filter((field) => value[field] !== undefined).length === 1,
    cel: `[${fields.map((field) => `has(self.${field})`).join(', ')}].filter(there, there).size() == 1`,
  }
}

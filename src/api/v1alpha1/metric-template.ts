import { z } from 'zod'
import { checked } from './checks.ts'
import { namedList } from './forms.ts'
import { exactlyOne, parameterName, parameterValue, sourceFields } from './metric-query.ts'
import { problemLines } from './problems.ts'
import { wording } from './wording.ts'

/** The only source of the MetricTemplate's spec: types, defaults, parsing, CRD schema and reference page come from it. */

const arg = z
  .strictObject({
    name: parameterName.describe('Its name: `{{ args.NAME }}` stands for its value.'),
    description: z.string().max(1024).optional().describe('What it is for.'),
    default: parameterValue.optional().describe('Its value where none is given. Absent: one must be given.'),
  })
  .describe('A parameter of the template.')

const fields = z
  .strictObject({
    description: z.string().max(1024).optional().describe('What the metric says, and of whom.'),
    args: namedList(arg, 20)
      .default([])
      .describe('Parameters of the template, besides those that every query has.'),
    ...sourceFields,
  })
  .describe('What is measured, and how.')

/** Schema of `spec` of a MetricTemplate. */
export const metricTemplateSpec = checked(fields, [
  exactlyOne<z.output<typeof fields>>(['query', 'counts', 'http']),
])

export type MetricTemplateSpec = z.output<typeof metricTemplateSpec>

export type ParsedTemplate =
  { readonly template: MetricTemplateSpec } | { readonly problems: readonly string[] }

/** Parses and defaults a spec. Problems name the field, one line each, in the order of the fields. */
export function parseTemplate(raw: unknown): ParsedTemplate {
  const result = metricTemplateSpec.safeParse(raw, { error: wording })
  if (result.success) return { template: result.data }
  return { problems: problemLines(result.error.issues, 'spec') }
}

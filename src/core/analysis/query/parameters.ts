import { ARGUMENT_PREFIX, BUILT_IN_PARAMETERS, PARAMETER_START, piecesOf } from '../../../api/queries.ts'
import type { BuiltInParameter, Piece } from '../../../api/queries.ts'
import type { MetricTemplateSpec } from '../../../api/v1alpha1/metric-template.ts'

/** A query that can't be made: a parameter is unknown or missing, or its value has no safe form where it stands. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError'
}

/** Values of parameters by name, arguments with their prefix. */
export type Values = ReadonlyMap<string, string>

/** Largest value that is filled in, in characters. */
const LONGEST_VALUE = 1024

/**
 * Values of all parameters of a query.
 * @param builtIn those that every query has; `window` is a duration such as `1m30s`
 * @param declared those of the MetricTemplate; none for a query written into the Rollout
 * @param given those that the metric of the Rollout gives
 * Throws a ParameterError that names all arguments that are missing, unknown or too long.
 */
export function valuesOf(
  builtIn: Readonly<Record<BuiltInParameter, string>>,
  declared: MetricTemplateSpec['args'],
  given: readonly { readonly name: string; readonly value: string }[],
): Values {
  const problems = argumentProblems(declared, given)
  if (problems.length > 0) throw new ParameterError(problems.join('; '))
  const defaults = declared.flatMap((one) => (one.default === undefined ? [] : [[one.name, one.default]]))
  const own = new Map([...defaults, ...given.map(({ name, value }) => [name, value])] as [string, string][])
  return new Map([
    ...Object.entries(builtIn),
    ...[...own].map(([name, value]): [string, string] => [ARGUMENT_PREFIX + name, value]),
  ])
}

function argumentProblems(
  declared: MetricTemplateSpec['args'],
  given: readonly { readonly name: string; readonly value: string }[],
): string[] {
  const names = declared.map(({ name }) => name)
  const has = (name: string) => given.some((one) => one.name === name)
  const missing = declared.filter((one) => one.default === undefined && !has(one.name))
  const unknown = given.filter(({ name }) => !names.includes(name))
  return [
    ...missing.map(({ name }) => `the argument "${name}" is missing, and has no default`),
    ...unknown.map(
      ({ name }) => `there is no argument "${name}"; ${listed('the template has', names) || 'it takes none'}`,
    ),
    ...given.flatMap(({ name, value }) => valueProblems(name, value)),
  ]
}

function valueProblems(name: string, value: string): string[] {
  if (value.length > LONGEST_VALUE)
    return [`the argument "${name}" has ${value.length} characters, at most ${LONGEST_VALUE} are allowed`]
  if (!value.isWellFormed()) return [`the argument "${name}" is no proper text: it has half of a character`]
  return []
}

/** Text and parameters of a template. Throws a ParameterError when a `{{` begins no parameter. */
export function templatePieces(template: string): Piece[] {
  const pieces = piecesOf(template)
  const broken = pieces.find((piece) => 'text' in piece && piece.text.includes(PARAMETER_START))
  if (broken === undefined || !('text' in broken)) return pieces
  const from = broken.text.indexOf(PARAMETER_START)
  throw new ParameterError(
    `"${broken.text.slice(from, from + 20)}" begins no parameter: write {{ name }}, and set other braces apart by a space`,
  )
}

/** The value of a parameter. Throws a ParameterError when there is none, naming those that there are. */
export function valueOf(name: string, values: Values): string {
  const value = values.get(name)
  if (value !== undefined) return value
  throw new ParameterError(
    `there is no parameter {{ ${name} }}; ${listed('there are', [...values.keys()])}${hintFor(name, values)}`,
  )
}

/** Names of parameters in texts that nobody gives a value; for checks before a release. */
export function unknownParameters(texts: readonly string[], declared: MetricTemplateSpec['args']): string[] {
  const known = new Set([
    ...Object.keys(BUILT_IN_PARAMETERS),
    ...declared.map(({ name }) => ARGUMENT_PREFIX + name),
  ])
  const named = texts.flatMap(piecesOf).flatMap((piece) => ('parameter' in piece ? [piece.parameter] : []))
  return [...new Set(named)].filter((name) => !known.has(name))
}

function hintFor(name: string, values: Values): string {
  return values.has(ARGUMENT_PREFIX + name) ? `; write {{ ${ARGUMENT_PREFIX}${name} }}` : ''
}

function listed(words: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${words} ${names.join(', ')}`
}

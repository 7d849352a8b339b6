import type { z } from 'zod'

/** A rule that holds twice: where zod parses, and in the API server as CEL. Both give the same message. */
export interface Check<T> {
  /** True of a good value; only asked of values of the right type. */
  readonly holds: (value: T) => boolean
  /** The same in CEL; `self` is the value. */
  readonly cel: string
  /** What is allowed; the message reads "must …, found …". */
  readonly must: string
  /** What was found; the message ends without it where that would say nothing. */
  readonly found?: Finding<T>
  /** Field of the object that the message is about. */
  readonly field?: string
}

/** What a message shows of a bad value. */
interface Finding<T> {
  readonly text: (value: T) => string
  /** The same in CEL, as arguments of a format. */
  readonly cel: string
  readonly format: '%s' | '"%s"'
}

/** One entry of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string
  readonly fieldPath?: string
  readonly message: string
  readonly messageExpression?: string
}

/** Attaches checks to a schema, for zod and for the API server. Replaces the CEL rules the schema had. */
export function checked<S extends z.ZodType>(schema: S, checks: readonly Check<z.output<S>>[]): S {
  const refined = checks.reduce<S>(
    (result, check) =>
      result.refine((value) => check.holds(value), {
        error: (issue) => messageOf(check, issue.input as z.output<S>),
        path: check.field === undefined ? [] : [check.field],
      }),
    schema,
  )
  return refined.meta({ 'x-kubernetes-validations': checks.map(celRule) })
}

/** CEL that is true when a pattern matches `value`. The pattern must do without look-around: RE2 has none. */
export function celMatches(value: string, pattern: RegExp): string {
  return `${value}.matches(r'${pattern.source}')`
}

/** A list as CEL shows it. */
export function quoted(list: readonly string[]): string {
  return `[${list.map((text) => `"${text}"`).join(', ')}]`
}

function messageOf<T>(check: Check<T>, value: T): string {
  const must = `must ${check.must}`
  return check.found === undefined
    ? must
    : `${must}, found ${check.found.format.replace('%s', () => check.found?.text(value) ?? '')}`
}

function celRule(check: Check<never>): CelRule {
  return {
    rule: check.cel,
    ...(check.field === undefined ? {} : { fieldPath: `.${check.field}` }),
    message: `must ${check.must}`,
    ...(check.found === undefined ? {} : { messageExpression: foundExpression(check.must, check.found) }),
  }
}

// By format: the API server can't bound the cost of joined texts. Where the expression fails, for example on a value
// with a line break, it falls back to the plain message.
function foundExpression(must: string, found: Finding<never>): string {
  const format = `must ${must.replaceAll('%', '%%')}, found ${found.format}`
  return `'${format.replaceAll("'", String.raw`\'`)}'.format([${found.cel}])`
}

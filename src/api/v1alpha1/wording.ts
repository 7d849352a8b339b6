import { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/**
 * Words for what zod finds by itself: what is allowed, and what was found. Given to `safeParse` as `error`;
 * checks of the schema bring their own words. Undefined leaves the message to zod.
 */
export function wording(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is required, and must be ${withArticle(issue.expected)}`
        : `must be ${withArticle(issue.expected)}, found ${shown(issue.input)}`
    case 'invalid_value':
      return issue.input === undefined
        ? `is required, and must be ${oneOf(issue.values)}`
        : `must be ${oneOf(issue.values)}, found ${shown(issue.input)}`
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', issue.minimum)}, found ${size(issue)}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', issue.maximum)}, found ${size(issue)}`
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map(shown).join(', ')}; its fields are ${fieldsOf(issue).join(', ')}`
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
      break
  }
  return undefined
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? shown(values[0]) : `one of ${values.map(shown).join(', ')}`
}

function bound(origin: string, which: string, limit: number | bigint): string {
  if (origin === 'array') return `have ${which} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  if (origin === 'string') return `have ${which} ${limit} characters`
  return `be ${which} ${limit}`
}

function size(issue: { origin: string; input?: unknown }): string {
  const { input } = issue
  if (issue.origin === 'array' && Array.isArray(input)) return String(input.length)
  if (issue.origin === 'string' && typeof input === 'string') return String(input.length)
  return shown(input)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return JSON.stringify(value) ?? String(value)
}

function fieldsOf(issue: Issue): string[] {
  return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
}

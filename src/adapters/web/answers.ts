import { DECIMAL_PATTERN, jsonSteps } from '../../api/queries.ts'
import type { Reading } from '../../core/analysis/number.ts'

/** An answer of a web address. */
export interface WebAnswer {
  readonly status: number
  readonly body: string
  /** Where a redirect leads. */
  readonly location?: string
}

const LONGEST_QUOTE = 80

/** The number at a path of an answer; also why there is none. Null, and nothing there, are no data. */
export function webNumber(answer: WebAnswer, jsonPath: string): Reading {
  const { status, body, location = 'another place' } = answer
  if (status === 204) return { kind: 'NoData' }
  if (status >= 300 && status < 400)
    return bad(`it is sent on to ${shorten(location)} (${status}), and redirects are not followed`)
  if (status >= 500 || status === 429) return { kind: 'ProviderError', reason: `it answered ${status}` }
  if (status !== 200) return bad(`it answered ${status}`)
  const json = jsonOf(body)
  if (json === undefined) return bad(/^\s*</.test(body) ? 'it is a page of HTML' : 'it is no JSON')
  return numberAt(json.value, jsonPath)
}

function numberAt(root: unknown, jsonPath: string): Reading {
  let node = root
  for (const step of jsonSteps(jsonPath)) {
    if (node === null || node === undefined) return { kind: 'NoData' }
    if (typeof node !== 'object' || Array.isArray(node) !== (typeof step === 'number'))
      return bad(`${jsonPath} leads through ${described(node)}, which has no ${described(step)}`)
    node = Array.isArray(node) ? node.at(Number(step)) : own(node, String(step))
  }
  return readingOf(node, jsonPath)
}

function own(node: object, key: string): unknown {
  return Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : undefined
}

function readingOf(found: unknown, jsonPath: string): Reading {
  if (found === null || found === undefined) return { kind: 'NoData' }
  if (typeof found === 'number')
    return Number.isFinite(found)
      ? { kind: 'Number', value: found }
      : bad(`${jsonPath} is too large a number`)
  if (typeof found === 'string' && DECIMAL_PATTERN.test(found))
    return { kind: 'Number', value: Number(found) }
  return bad(`${jsonPath} is ${described(found)}, not a number`)
}

function jsonOf(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) }
  } catch {
    return undefined
  }
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'number') return `entry ${value}`
  return typeof value === 'string' ? shorten(JSON.stringify(value)) : String(value)
}

function bad(reason: string): Reading {
  return { kind: 'Bad', reason }
}

function shorten(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
}

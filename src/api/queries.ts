/** The grammar of queries in the API: parameters, selectors of counters, paths into JSON, decimal numbers. */

/** Parameters that every query has, by what they stand for. */
export const BUILT_IN_PARAMETERS = {
  namespace: 'namespace of the Rollout',
  service: 'name of its Service',
  stable: 'version that users have',
  canary: 'version that is being tried',
  window: 'time since the reading before, at least 1m, as a duration',
} as const

export type BuiltInParameter = keyof typeof BUILT_IN_PARAMETERS

/** Before the name of a parameter that a MetricTemplate declares. */
export const ARGUMENT_PREFIX = 'args.'

/** The start of a parameter; it has no other meaning in PromQL, JSON and URLs. */
export const PARAMETER_START = '{{'

const PARAMETER = String.raw`\{\{[ \t]*[A-Za-z][A-Za-z0-9_.-]*[ \t]*\}\}`

/** Name of a parameter that a MetricTemplate declares. */
export const PARAMETER_NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/

/** A decimal number as text. */
export const DECIMAL_PATTERN = /^-?\d{1,12}(\.\d{1,12})?$/

// No two repetitions may meet without something between: patterns are tried on texts that anybody may write. Quotes
// are written by their numbers, since they end a text of CEL.
const SPACE = String.raw`[ \t\r\n]`
const STRING = String.raw`\x22([^\x22\\]|\\.)*\x22|\x27([^\x27\\]|\\.)*\x27|\x60[^\x60]*\x60`

/** A PromQL selector with nothing around it, or nothing at all: `orders_total{service="{{ service }}"}`. */
export const SELECTOR_PATTERN = new RegExp(
  `^${SPACE}*(([a-zA-Z_:][a-zA-Z0-9_:]*|${PARAMETER})${SPACE}*)?` +
    String.raw`(\{([^\x22\x27\x60{}#]|${STRING}|${PARAMETER})*\}${SPACE}*)?$`,
)

const JSON_STEP = String.raw`\.[A-Za-z_][A-Za-z0-9_]*|\[-?\d{1,6}\]|\[\x27[^\x27\\]*\x27\]|\[\x22[^\x22\\]*\x22\]`

/** A JSONPath that leads to one value (RFC 9535, a singular query; names in brackets without escapes). */
export const JSON_PATH_PATTERN = new RegExp(String.raw`^\$(${JSON_STEP})*$`)

/** A text or the name of a parameter in it. */
export type Piece = { readonly text: string } | { readonly parameter: string }

/**
 * Text and parameters, one after the other. A `{{` that begins no parameter stays in the text.
 */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(new RegExp(PARAMETER, 'g'))) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ parameter: match[0].slice(2, -2).trim() })
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/**
 * Keys and indices that a JSONPath leads through, from the root on. Throws a RangeError when it is not one of the form of
 * {@link JSON_PATH_PATTERN}.
 */
export function jsonSteps(path: string): (string | number)[] {
  if (!JSON_PATH_PATTERN.test(path)) throw new RangeError(`"${path}" is not a JSONPath to one value`)
  return [...path.matchAll(new RegExp(JSON_STEP, 'g'))].map(([step]) => {
    if (step.startsWith('.')) return step.slice(1)
    const inside = step.slice(1, -1)
    return /^-?\d/.test(inside) ? Number(inside) : inside.slice(1, -1)
  })
}

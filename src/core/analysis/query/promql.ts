import { DURATION_PATTERN } from '../../../api/quantities.ts'
import { DECIMAL_PATTERN } from '../../../api/queries.ts'
import { ParameterError, templatePieces, valueOf } from './parameters.ts'
import type { Values } from './parameters.ts'

/**
 * Fills the parameters of a PromQL template. No value can change the structure of the query: inside a string it is
 * escaped for that string, and after `=~` and `!~` for the regular expression, too; elsewhere it must be a number, a
 * duration or a name, and stand by itself. Comments are left out.
 *
 * Throws a ParameterError when a parameter is unknown, a string has no end, or a value has no safe form where it stands.
 */
export function filledPromql(template: string, values: Values): string {
  const place: Place = { text: '', isGlued: false }
  for (const piece of templatePieces(template)) {
    if ('text' in piece) scan(piece.text, place)
    else place.text += fill(piece.parameter, valueOf(piece.parameter, values), place)
  }
  if (place.quote !== undefined && place.quote !== COMMENT)
    throw new ParameterError(`a string that begins with ${place.quote} has no end`)
  return place.text
}

const COMMENT = '#'
type Quote = '"' | "'" | '`'

/** Where the scanner stands. */
interface Place {
  /** What was written so far. */
  text: string
  /** Inside which string, or a comment; undefined: neither. */
  quote?: Quote | typeof COMMENT | undefined
  /** Inside a string: it is a regular expression. */
  isRegex?: boolean
  /** Inside a string: where it begins. */
  from?: number
  /** Inside a string: a backslash waits for what it escapes. */
  isEscaping?: boolean
  /** Outside of strings: a parameter ends here, and what follows must not touch it. */
  isGlued: boolean
  /** The value before is a name, which must not become that of a function. */
  isName?: boolean
}

function scan(text: string, place: Place): void {
  for (const character of text) {
    if (place.quote === COMMENT) {
      if (character !== '\n') continue
      place.quote = undefined
      place.isGlued = false
      place.text += character
    } else if (place.quote === undefined) scanOutside(character, place)
    else scanInside(character, place)
  }
}

function scanOutside(character: string, place: Place): void {
  if (character === COMMENT) {
    place.quote = COMMENT
    return
  }
  refuseTouching(character, place)
  if (character === '"' || character === "'" || character === '`') {
    place.isRegex = /[=!]~\s*$/.test(place.text)
    place.quote = character
    place.isEscaping = false
    place.from = place.text.length
  }
  place.text += character
}

// In a string a backslash makes a pair with what follows it, save in back quotes.
function scanInside(character: string, place: Place): void {
  place.text += character
  if (place.isEscaping === true) place.isEscaping = false
  else if (character === '\\' && place.quote !== '`') place.isEscaping = true
  else if (character === place.quote) place.quote = undefined
}

/** Characters that make one token with a name or a number before them. */
const TOUCHING = /[\w.]/

function refuseTouching(character: string, place: Place): void {
  if (place.isGlued && TOUCHING.test(character))
    throw new ParameterError(
      `a parameter touches "${character}": outside of a string it must stand by itself; for a name made of parts write {__name__="…"}`,
    )
  place.isGlued = false
  if (place.isName === true && character === '(')
    throw new ParameterError('a parameter can not name a function')
  if (!/\s/.test(character)) place.isName = false
}

function fill(name: string, value: string, place: Place): string {
  if (place.quote === COMMENT) return ''
  if (place.quote === undefined) return outside(name, value, place)
  refuseEscaped(name, place)
  const text = place.isRegex === true ? quotedRegex(value) : value
  return place.quote === '`' ? inBackQuotes(name, text) : escaped(text, place.quote)
}

// What the template wrote may change the meaning of the characters that follow.
function refuseEscaped(name: string, { text, isEscaping, isRegex, from }: Place): void {
  if (isEscaping === true || (isRegex === true && text.endsWith('\\')))
    throw new ParameterError(`a backslash stands right before {{ ${name} }}`)
  if (isRegex === true && text.slice(from).includes(String.raw`\Q`))
    throw new ParameterError(`{{ ${name} }} stands behind \\Q, where it can not be escaped`)
}

/** Words of PromQL that name nothing; in lower case. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  [
    'and or unless atan2 offset smoothed anchored by without on ignoring group_left group_right fill fill_left fill_right',
    'bool start end step range inf nan sum avg count min max group stddev stdvar topk bottomk count_values quantile',
    'limitk limit_ratio trim_upper trim_lower',
  ]
    .join(' ')
    .split(' '),
)

function outside(name: string, value: string, place: Place): string {
  const before = place.text.at(-1) ?? ''
  const isName = /^[A-Za-z_][A-Za-z0-9_:]*$/.test(value) && !KEYWORDS.has(value.toLowerCase())
  if (place.isGlued || TOUCHING.test(before))
    throw new ParameterError(
      `{{ ${name} }} touches what stands before it: outside of a string it must stand by itself; for a name made of parts write {__name__="…"}`,
    )
  if (!isName && !DECIMAL_PATTERN.test(value) && !DURATION_PATTERN.test(value))
    throw new ParameterError(
      `{{ ${name} }} stands outside of a string, where only a number, a duration or the name of a metric may: found ${shown(value)}`,
    )
  place.isGlued = true
  place.isName = isName
  return value
}

/** Every character that means something to RE2 is made to stand for itself, also between brackets. */
export function quotedRegex(value: string): string {
  return value.replaceAll(/[\\.+*?()|[\]{}^$-]/g, String.raw`\$&`)
}

// Strings of PromQL are those of Go: JSON's escapes are among them, and the other quote must not be escaped.
function escaped(value: string, quote: Quote): string {
  const inDouble = JSON.stringify(value).slice(1, -1)
  return quote === '"' ? inDouble : inDouble.replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)
}

function inBackQuotes(name: string, value: string): string {
  if (!value.includes('`')) return value
  throw new ParameterError(
    `{{ ${name} }} stands in back quotes, and its value has one: found ${shown(value)}`,
  )
}

/** A value as messages show it. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}

import { stripVTControlCharacters } from 'node:util'
import { durationText } from '../../api/quantities.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Text from the cluster on one line, without control characters: nobody moves the cursor by a name or a message. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
}

/** Columns that a text takes, colours not counted. */
export function columns(text: string): number {
  return stripVTControlCharacters(text).length
}

/** The text filled up with spaces to a number of columns. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const fill = ' '.repeat(Math.max(0, width - columns(text)))
  return side === 'right' ? text + fill : fill + text
}

/** The text cut to a number of columns, with a sign that something is missing. Only for text without colours. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** The text in lines of at most `width` columns, broken between words where that is possible. */
export function wrapped(text: string, width: number): string[] {
  const most = Math.max(1, width)
  const lines: string[] = []
  let line = ''
  for (const word of plain(text)
    .split(/ +/)
    .flatMap((one) => pieces(one, most))) {
    if (line === '') line = word
    else if (line.length + 1 + word.length <= most) line = `${line} ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** A word that is longer than a line, in pieces that are not. */
function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word]
  return [word.slice(0, width), ...pieces(word.slice(width), width)]
}

/** How long ago, as precise as somebody wants to know: `45s`, `3m12s`, `5h10m`, `12d`. */
export function ageText(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)}d`
  const unit = ms >= HOUR_MS ? MINUTE_MS : 1000
  const rounded = Math.floor(Math.max(0, ms) / unit) * unit
  return rounded === 0 ? '0s' : durationText(rounded)
}

/** Milliseconds since a time in RFC 3339; undefined when there is no such time. */
export function since(time: string | undefined, now: number): number | undefined {
  const at = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(at) ? undefined : Math.max(0, now - at)
}

import { KEYWORDS } from './promql.ts'

/** At most so many names are shown. */
const SHOWN = 3

/**
 * The known names that are nearest to a name, the nearest first; none where all are far from it.
 * @param known names that there are
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const farthest = Math.max(2, Math.floor(name.length / 4))
  return known
    .filter((one) => Math.abs(one.length - name.length) <= farthest)
    .map((one) => ({ one, distance: editDistance(name, one) }))
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance || a.one.localeCompare(b.one))
    .slice(0, SHOWN)
    .map(({ one }) => one)
}

/** "there is no metric istio_request_total; nearest: istio_requests_total". */
export function noSuchMetric(name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  return `there is no metric ${name}${near.length === 0 ? '' : `; nearest: ${near.join(', ')}`}`
}

const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g
/** Where names are those of labels. */
const LABELS = /\{[^{}]*\}|\[[^[\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/gi
/** A name that no parenthesis follows, which would make it that of a function. */
const NAME = /(?<![\w:.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g

/**
 * Names of the metrics that a filled query reads, each once: `rate(orders_total{…}[5m])` reads `orders_total`. A name
 * that only a matcher of `__name__` gives is one, too.
 */
export function metricNamesIn(query: string): string[] {
  const matched = [...query.matchAll(/__name__\s*=\s*"([a-zA-Z_:][\w:]*)"/g)].map(([, name = '']) => name)
  const bare = query.replaceAll(STRINGS, '').replaceAll(LABELS, ' ')
  const named = [...bare.matchAll(NAME)].map(([name]) => name)
  return [...new Set([...named.filter((name) => !KEYWORDS.has(name.toLowerCase())), ...matched])]
}

/** How many characters must be added, removed or replaced to make one text of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}

/**
 * What of a PromQL query its structure is made of: every token, strings by their quote alone, numbers, durations and
 * names by their sort. Written apart from the product, so that one is a check of the other.
 */
export function structureOf(query: string): string[] {
  return [...query.matchAll(TOKEN)].flatMap((match) => {
    const sort = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)
    if (sort === undefined || sort[0] === 'space') return []
    return sort[0] === 'sign' || sort[0] === 'keyword' ? [sort[1].toLowerCase()] : [sort[0]]
  })
}

/** Contents of the strings of a query, as Prometheus reads them. */
export function stringsOf(query: string): string[] {
  return [...query.matchAll(TOKEN)].flatMap(({ groups }) => {
    if (groups?.['raw'] !== undefined) return [groups['raw'].slice(1, -1)]
    const quoted = groups?.['double'] ?? groups?.['single']
    return quoted === undefined ? [] : [unescaped(quoted.slice(1, -1))]
  })
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|#[^\n]*)`,
    String.raw`(?<double>"(?:[^"\\\n]|\\[^\n])*")`,
    String.raw`(?<single>'(?:[^'\\\n]|\\[^\n])*')`,
    '(?<raw>`[^`]*`)',
    String.raw`(?<duration>\d+(?:h|ms|m|s)(?:\d+(?:ms|m|s))*(?![\w.]))`,
    String.raw`(?<number>\d+(?:\.\d+)?(?![\w.]))`,
    String.raw`(?<keyword>(?:and|or|unless|by|without|on|ignoring|offset|bool|inf|nan|sum|rate)(?![\w:]))`,
    String.raw`(?<name>[a-zA-Z_:][\w:]*)`,
    String.raw`(?<sign>[\s\S])`,
  ].join('|'),
  'gi',
)

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', a: '\u0007' }

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/gs, (_, hex?: string, one = '') =>
    hex === undefined ? (ESCAPES[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

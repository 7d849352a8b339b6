/** FNV-1a over UTF-16 code units, 32 bit, from a given basis. */
function fnv1a(text: string, basis: number): number {
  let hash = basis
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** Short stable hash for names: seven characters of base 36. Not for secrets. */
export function shortHash(text: string): string {
  return fnv1a(text, 0x811c9dc5).toString(36).padStart(7, '0')
}

/** JSON with sorted keys, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sorted(inner) : inner))
}

/** Hash of any JSON value, for telling pod templates apart: fourteen characters of base 36. */
export function contentHash(value: unknown): string {
  const text = canonicalJson(value)
  return shortHash(text) + fnv1a(text, 0x1b873593).toString(36).padStart(7, '0')
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

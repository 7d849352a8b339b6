/** What is to be, and what is. */
export interface Comparison {
  readonly what: string
  readonly expected: string | number
  readonly seen: string | number
}

/** A line for each comparison whose sides differ. */
export function differences(comparisons: readonly Comparison[]): string[] {
  return comparisons
    .filter(({ expected, seen }) => expected !== seen)
    .map(({ what, expected, seen }) => `${what}: expected ${expected}, seen ${seen}`)
}

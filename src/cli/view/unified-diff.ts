/** Lines of two texts, and how one becomes the other. */
interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** Unchanged lines around a change. */
const CONTEXT = 3

/** The hunks of a unified diff of two texts; none when they are equal. */
export function unifiedDiff(before: string, after: string): string[] {
  const lines = compare(linesOf(before), linesOf(after))
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]))
  return rangesAround(changed, lines.length).flatMap((range) => hunk(lines, range))
}

interface Range {
  readonly from: number
  /** The first line that is not part of it. */
  readonly to: number
}

/** Changes whose context meets are told together. */
function rangesAround(changed: readonly number[], length: number): Range[] {
  const ranges: Range[] = []
  for (const index of changed) {
    const last = ranges.at(-1)
    const to = Math.min(length, index + 1 + CONTEXT)
    if (last !== undefined && index - CONTEXT <= last.to) ranges[ranges.length - 1] = { from: last.from, to }
    else ranges.push({ from: Math.max(0, index - CONTEXT), to })
  }
  return ranges
}

function hunk(lines: readonly Line[], { from, to }: Range): string[] {
  const part = lines.slice(from, to)
  const side = (other: Line['sign']) => {
    const count = part.filter(({ sign }) => sign !== other).length
    const before = lines.slice(0, from).filter(({ sign }) => sign !== other).length
    return `${count === 0 ? before : before + 1},${count}`
  }
  return [`@@ -${side('+')} +${side('-')} @@`, ...part.map(({ sign, text }) => sign + text)]
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** The most lines of the first list that are behind us, on each diagonal: lines of the first less lines of the second. */
type Reached = ReadonlyMap<number, number>

/**
 * The shortest way from one list to the other, by Myers' algorithm: its effort grows with the number of differences, of
 * which there are few.
 */
function compare(a: readonly string[], b: readonly string[]): Line[] {
  const trace: Reached[] = []
  let reached: Reached = new Map([[1, 0]])
  do {
    trace.push(reached)
    reached = withOneMore(reached, trace.length - 1, a, b)
  } while ((reached.get(a.length - b.length) ?? -1) < a.length)
  return retraced(a, b, trace)
}

/** How far one more edit leads, and the equal lines after it. */
function withOneMore(reached: Reached, edits: number, a: readonly string[], b: readonly string[]): Reached {
  const next = new Map(reached)
  for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
    const { before, sign } = editOnto(reached, diagonal, edits)
    let x = sign === '+' ? before : before + 1
    while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++
    next.set(diagonal, x)
  }
  return next
}

/** The edit by which a diagonal is best reached, and the lines of the first list that are behind us before it. */
function editOnto(reached: Reached, diagonal: number, edits: number): { before: number; sign: '-' | '+' } {
  const [removing, adding] = [reached.get(diagonal - 1) ?? -1, reached.get(diagonal + 1) ?? -1]
  const isAddition = diagonal === -edits || (diagonal !== edits && removing < adding)
  return isAddition ? { before: adding, sign: '+' } : { before: removing, sign: '-' }
}

function retraced(a: readonly string[], b: readonly string[], trace: readonly Reached[]): Line[] {
  const lines: Line[] = []
  let [x, diagonal] = [a.length, a.length - b.length]
  for (const [edits, reached] of [...trace.entries()].toReversed()) {
    const { before, sign } = editOnto(reached, diagonal, edits)
    const after = sign === '+' ? before : before + 1
    lines.push(
      ...a
        .slice(after, x)
        .map((text): Line => ({ sign: ' ', text }))
        .toReversed(),
    )
    const edited = sign === '+' ? b[before - diagonal - 1] : a[before]
    if (edits > 0) lines.push({ sign, text: edited ?? '' })
    x = before
    diagonal += sign === '+' ? 1 : -1
  }
  return lines.toReversed()
}

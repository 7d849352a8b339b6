import type { VerdictStatus } from '../../api/v1alpha1/status.ts'
import { brushOfVerdict } from './paint.ts'
import type { Paint } from './paint.ts'
import { padded, plain, wrapped } from './text.ts'

/** What the last look said: a line of verdict, value and limit for each metric, and its evidence below. */
export function verdictLines(
  verdicts: readonly VerdictStatus[],
  options: { width: number; paint: Paint },
): string[] {
  const word = widest(verdicts.map(({ verdict }) => verdict))
  const name = widest(verdicts.map(({ metric }) => metric))
  const value = widest(verdicts.map((one) => one.value ?? ''))
  return verdicts.flatMap((one) => {
    const brush = brushOfVerdict(options.paint, one.verdict)
    const cells = [padded(plain(one.metric), name), padded(plain(one.value ?? ''), value)]
    const head = `${brush(padded(one.verdict, word))}  ${cells.join('  ')}  limit ${plain(one.limit)}`
    const indent = ' '.repeat(word + 2)
    const evidence = wrapped(one.evidence, options.width - indent.length)
    return [head, ...evidence.map((line) => indent + options.paint.faint(line))]
  })
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => plain(text).length))
}

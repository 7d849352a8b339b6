import PQueue from 'p-queue'
import type { Reading } from '../../core/analysis/number.ts'
import { ProviderError } from '../../ports.ts'
import type { MetricQueries } from '../../ports.ts'
import type { Answer, Ask } from './ask.ts'
import { namesIn, numberIn, seriesIn } from './query-answers.ts'

/** Queries of users that run at once; the others wait. */
const AT_ONCE = 8
/** So long an answer is given to whoever asks the same (milliseconds): less than any interval between looks. */
const SHARED_MS = 500

/**
 * Queries that users wrote. The same question is asked once, while it is under way and for a moment after: several
 * releases may name one template with the same parameters.
 * @param now milliseconds, monotonic
 */
export function metricQueries(ask: Ask, now: () => number = () => performance.now()): MetricQueries {
  const shared = sharing(limited(ask), now)
  const raw = async (selector: string, span: { readonly fromMs: number; readonly toMs: number }) => {
    const seconds = Math.ceil((span.toMs - span.fromMs) / 1000) + 1
    return shared('api/v1/query', { query: `${selector.trim()}[${seconds}s]`, time: secondsOf(span.toMs) })
  }
  return {
    number: async (query, atMs) => {
      const time: Record<string, string> = atMs === undefined ? {} : { time: secondsOf(atMs) }
      return orReading(async () => numberIn(await shared('api/v1/query', { query, ...time })))
    },
    counters: async ({ bad, total, versionLabel }, span) => {
      // One after the other: the total must not lack a scrape that the bad ones have.
      const badSeries = seriesIn(await raw(bad, span), versionLabel)
      return { bad: badSeries, total: seriesIn(await raw(total, span), versionLabel) }
    },
    names: async () => namesIn(await shared('api/v1/label/__name__/values')),
  }
}

function secondsOf(ms: number): string {
  return String(ms / 1000)
}

async function orReading(read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ProviderError) return { kind: 'ProviderError', reason: error.message }
    throw error
  }
}

function limited(ask: Ask): Ask {
  const queue = new PQueue({ concurrency: AT_ONCE })
  return async (path, params) => queue.add(async () => ask(path, params))
}

interface Shared {
  readonly answer: Promise<Answer>
  /** Undefined while it is under way. */
  endedAt?: number
}

function sharing(ask: Ask, now: () => number): Ask {
  const known = new Map<string, Shared>()
  return async (path, params) => {
    for (const [key, { endedAt }] of known)
      if (endedAt !== undefined && now() - endedAt > SHARED_MS) known.delete(key)
    const key = JSON.stringify([path, params])
    const same = known.get(key)
    if (same !== undefined) return same.answer
    const entry: Shared = { answer: ask(path, params).finally(() => (entry.endedAt = now())) }
    known.set(key, entry)
    return entry.answer
  }
}

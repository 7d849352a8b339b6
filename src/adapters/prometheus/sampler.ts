import type { LabeledSeries } from '../../core/analysis/istio.ts'
import type { CounterQuery, MetricsSource } from '../../ports.ts'
import type { Surroundings } from './breaker.ts'
import type { Span } from './client.ts'
import type { Fetched, Fetcher } from './fetcher.ts'
import { Kept } from './kept.ts'
import { Memory } from './memory.ts'
import type { Measure, Read, Topic } from './reads.ts'
import { Rounds } from './rounds.ts'

/** What ends longer ago (milliseconds) is history: it is not kept. */
const LIVE_MS = 60_000
/** As large is a series in an answer, and each of its samples, in bytes. */
const SERIES_BYTES = 600
const SAMPLE_BYTES = 32
/** What is expected of a service that nobody read yet. */
const UNKNOWN_SERIES: Readonly<Record<Measure, number>> = { Requests: 20, Latencies: 100 }
const SCRAPE_MS = 15_000
/** Questions of a round of history: an hour of a service is large, and all of a round is there at its end. */
const MOST_HISTORIES = 128

interface Ask extends CounterQuery {
  readonly topic: Topic
}
type Series = readonly LabeledSeries[]

/**
 * Reads the counters of all releases that a worker observes with few queries, however many releases there are: questions
 * are gathered into rounds, a round asks for all of its services at once, and only for what is new since the last.
 */
export class Sampler implements MetricsSource {
  readonly #fetcher: Fetcher
  readonly #memory: Memory
  readonly #now: Surroundings['now']
  // What takes long is not to hold up what does not.
  readonly #recent = new Rounds(async (asks: readonly Ask[]) => this.#answerLive(asks))
  readonly #first = new Rounds(async (asks: readonly Ask[]) => this.#answerLive(asks))
  readonly #history = new Rounds(async (asks: readonly Ask[]) => this.#answerHistory(asks), {
    most: MOST_HISTORIES,
  })

  constructor(fetcher: Fetcher, now: Surroundings['now'], memory = new Memory()) {
    this.#fetcher = fetcher
    this.#memory = memory
    this.#now = now
  }

  async requests(query: CounterQuery): Promise<Series> {
    return this.#ask('Requests', query)
  }

  async latencies(query: CounterQuery): Promise<Series> {
    return this.#ask('Latencies', query)
  }

  async #ask(measure: Measure, query: CounterQuery): Promise<Series> {
    const { reporter = 'Source', stepMs } = query
    const topic: Topic = { measure, reporter, ...(stepMs !== undefined && { stepMs }) }
    if (stepMs !== undefined || query.toMs < this.#now() - LIVE_MS) {
      return this.#history.ask({ ...query, topic })
    }
    const kept = this.#memory.of(topic, query.service)
    const isNew = kept === undefined || kept.missing(query).fromMs === query.fromMs
    return (isNew ? this.#first : this.#recent).ask({ ...query, topic })
  }

  async #answerLive(asks: readonly Ask[]): Promise<(Series | Error)[]> {
    const answers = await this.#answerByTopic(asks, async (topic, some) => this.#live(topic, some))
    this.#memory.tidy(this.#now())
    return answers
  }

  async #live(topic: Topic, asks: readonly Ask[]): Promise<Map<Ask, Series | Error>> {
    const nowMs = this.#now()
    const reads = [...Map.groupBy(asks, ({ service }) => service)].map(([service, same]) => {
      const kept = this.#memory.asked(topic, service, nowMs)
      const asked = widest(same)
      const span = kept.missing(asked)
      return { kept, asked, same, read: { service, ...span, bytes: bytesOf(topic, span, kept.series) } }
    })
    const fetched = await this.#fetcher.fetch(
      topic,
      reads.map(({ read }) => read),
    )
    const answers = new Map<Ask, Series | Error>()
    for (const { kept, asked, same, read } of reads) {
      this.#memory.change(kept, () => {
        const error = takeIn(kept, read, fetched.get(read))
        for (const ask of same) answers.set(ask, error ?? kept.answer(ask))
        kept.forgetBefore(asked.fromMs)
      })
    }
    return answers
  }

  async #answerHistory(asks: readonly Ask[]): Promise<(Series | Error)[]> {
    return this.#answerByTopic(asks, async (topic, some) => this.#past(topic, some))
  }

  async #past(topic: Topic, asks: readonly Ask[]): Promise<Map<Ask, Series | Error>> {
    const reads = asks.map((ask): [Ask, Read] => {
      const { service, fromMs, toMs } = ask
      return [ask, { service, fromMs, toMs, bytes: bytesOf(topic, ask) }]
    })
    const fetched = await this.#fetcher.fetch(
      topic,
      reads.map(([, read]) => read),
    )
    return new Map(
      reads.map(([ask, read]) => {
        const kept = new Kept(topic)
        return [ask, takeIn(kept, read, fetched.get(read)) ?? kept.answer(ask)]
      }),
    )
  }

  async #answerByTopic(
    asks: readonly Ask[],
    answer: (topic: Topic, asks: readonly Ask[]) => Promise<Map<Ask, Series | Error>>,
  ): Promise<(Series | Error)[]> {
    const topics = Map.groupBy(asks, ({ topic }) => Object.values(topic).join())
    const answers = await Promise.all(
      [...topics.values()].map(async (some) =>
        some[0] ? answer(some[0].topic, some) : new Map<Ask, Series>(),
      ),
    )
    const all = new Map(answers.flatMap((some) => [...some]))
    return asks.map((ask) => all.get(ask) ?? new Error('there is no answer'))
  }
}

/** Takes in what was fetched; says why that is not possible. */
function takeIn(kept: Kept, { service }: Read, fetched: Fetched | Error | undefined): Error | undefined {
  if (fetched === undefined || fetched instanceof Error) return fetched ?? new Error('it was not asked')
  try {
    kept.take(fetched.rows.get(service) ?? [], fetched)
    return undefined
  } catch (error) {
    return error as Error
  }
}

function widest(asks: readonly Ask[]): Span {
  return {
    fromMs: Math.min(...asks.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...asks.map(({ toMs }) => toMs)),
  }
}

function bytesOf({ measure, stepMs = SCRAPE_MS }: Topic, { fromMs, toMs }: Span, known = 0): number {
  const series = known === 0 ? UNKNOWN_SERIES[measure] : known
  return series * (SERIES_BYTES + (SAMPLE_BYTES * (toMs - fromMs)) / stepMs)
}

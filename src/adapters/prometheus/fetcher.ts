import PQueue from 'p-queue'
import type { Row } from './answer.ts'
import { Breaker } from './breaker.ts'
import type { Surroundings } from './breaker.ts'
import type { PrometheusClient, Span } from './client.ts'
import { QueryError } from './problems.ts'
import { partOf, partsOf, selectorOf } from './reads.ts'
import type { Part, Read, Topic } from './reads.ts'
import type { QueryWatcher } from './settings.ts'

/** Queries at once. */
const CONCURRENCY = 2
/** Services in a query at most. */
const MOST_SERVICES = 400
/** Queries that a round may add to find the service whose query is refused. */
const MOST_SPLITS = 32
/** How long queries are no larger than what was answered, before larger ones are tried again (milliseconds). */
const CAUTIOUS_MS = 600_000
/** Prometheus gives no more than 11,000 points of a series. */
const MOST_STEPS = 10_000

/** What was read of some services, in one query. */
export interface Fetched extends Span {
  /** By service; those of which there is nothing are left out. */
  readonly rows: ReadonlyMap<string, readonly Row[]>
}

/** Reads many services with few queries. */
export class Fetcher {
  readonly #client: PrometheusClient
  readonly #breaker: Breaker
  readonly #watcher: QueryWatcher
  readonly #queue = new PQueue({ concurrency: CONCURRENCY })
  readonly #surroundings: Surroundings
  #most = MOST_SERVICES
  #mostRisesAt = 0

  constructor(client: PrometheusClient, surroundings: Surroundings, watcher: QueryWatcher) {
    this.#client = client
    this.#surroundings = surroundings
    this.#watcher = watcher
    this.#breaker = new Breaker(surroundings, (isResting) => watcher.resting(isResting))
  }

  /** What became of each read: what was fetched, or why not. */
  async fetch(topic: Topic, reads: readonly Read[]): Promise<ReadonlyMap<Read, Fetched | Error>> {
    const results = new Map<Read, Fetched | Error>()
    const splits = { left: MOST_SPLITS }
    this.#growBolder()
    await Promise.all(
      partsOf(reads, this.#most).map(async (part) => this.#fetchPart(topic, part, { results, splits })),
    )
    return results
  }

  /** A query that is refused may be too large, or one of its services may be to blame: its halves are asked for. */
  async #fetchPart(
    topic: Topic,
    part: Part,
    round: { readonly results: Map<Read, Fetched | Error>; readonly splits: { left: number } },
  ): Promise<void> {
    const { reads } = part
    try {
      const fetched = await this.#query(topic, part)
      for (const read of reads) round.results.set(read, fetched)
    } catch (error) {
      const mayDo = error instanceof QueryError && error.kind === 'Query' && reads.length > 1
      if (mayDo && round.splits.left-- > 0) {
        const half = Math.ceil(reads.length / 2)
        this.#growCautious(half)
        for (const some of [reads.slice(0, half), reads.slice(half)]) {
          await this.#fetchPart(topic, partOf(some), round)
        }
      } else for (const read of reads) round.results.set(read, error as Error)
    }
  }

  #growCautious(most: number): void {
    this.#most = Math.min(this.#most, most)
    this.#mostRisesAt = this.#surroundings.now() + CAUTIOUS_MS
  }

  #growBolder(): void {
    if (this.#surroundings.now() < this.#mostRisesAt) return
    this.#most = Math.min(MOST_SERVICES, 2 * this.#most)
    this.#mostRisesAt = this.#surroundings.now() + CAUTIOUS_MS
  }

  async #query(topic: Topic, part: Part): Promise<Fetched> {
    const services = [...new Set(part.reads.map(({ service }) => service))]
    const selector = selectorOf(topic, services)
    const rows: Row[] = []
    for (const span of spansOf(part, topic.stepMs)) {
      const found = await this.#queue.add(async () =>
        this.#breaker.run(async () => this.#watched(async () => this.#ask(topic, selector, span))),
      )
      rows.push(...found)
    }
    return { fromMs: part.fromMs, toMs: part.toMs, rows: byService(rows) }
  }

  async #ask({ stepMs }: Topic, selector: string, span: Span): Promise<readonly Row[]> {
    if (stepMs === undefined) return this.#client.samples(selector, span)
    return this.#client.steps(selector, span, stepMs)
  }

  async #watched<T>(ask: () => Promise<T>): Promise<T> {
    const beganAt = performance.now()
    const tell = (result: 'Answered' | 'Refused' | 'Failed') =>
      this.#watcher.queried(result, (performance.now() - beganAt) / 1000)
    try {
      const answer = await ask()
      tell('Answered')
      return answer
    } catch (error) {
      tell(error instanceof QueryError && error.kind === 'Query' ? 'Refused' : 'Failed')
      throw error
    }
  }
}

/** With steps, a long time is read in several queries. */
function spansOf({ fromMs, toMs }: Span, stepMs: number | undefined): Span[] {
  if (stepMs === undefined) return [{ fromMs, toMs }]
  const spans: Span[] = []
  const lengthMs = stepMs * MOST_STEPS
  for (let at = fromMs; at <= toMs; at += lengthMs) {
    spans.push({ fromMs: at, toMs: Math.min(toMs, at + lengthMs - stepMs) })
  }
  return spans
}

function byService(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const service = row.metric['destination_service'] ?? ''
    const those = found.get(service)
    if (those === undefined) found.set(service, [row])
    else those.push(row)
  }
  return found
}

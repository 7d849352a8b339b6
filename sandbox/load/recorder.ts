import { Histogram } from './histogram.ts'
import type { ForeignError, LoadReport, Outcome, Sample } from './report.ts'

/** The end of one request, before it is counted. */
export interface Ending extends Outcome {
  latencyMs: number
  headers?: Record<string, string>
  body?: string
}

type Counted = Outcome & { count: number }

/** Collects how requests ended. Its work for each request is two map look-ups. */
export class Recorder {
  readonly #outcomes = new Map<string, Counted>()
  readonly #foreign = new Map<string, ForeignError>()
  readonly #latency = new Map<string, Histogram>()
  readonly #startedAt = Date.now()
  sent = 0
  notSent = 0
  ended = 0

  /** Counts one ending. */
  add(ending: Ending): void {
    this.ended += 1
    const { origin, version, status, code } = ending
    const key = `${origin} ${version} ${status} ${code}`
    const counted = this.#outcomes.get(key)
    if (counted) counted.count += 1
    else this.#outcomes.set(key, { origin, version, status, code, count: 1 })
    if (origin === 'app' && version !== null) this.#histogram(version).add(ending.latencyMs)
    if (isForeign(ending)) this.#addForeign(key, ending)
  }

  /** What was seen until now. */
  report(): LoadReport {
    return {
      startedAt: new Date(this.#startedAt).toISOString(),
      elapsedMs: Date.now() - this.#startedAt,
      sent: this.sent,
      notSent: this.notSent,
      inFlight: this.sent - this.ended,
      outcomes: [...this.#outcomes.values()].map((outcome) => ({ ...outcome })),
      latency: [...this.#latency].map(([version, histogram]) => summary(version, histogram)),
      foreign: [...this.#foreign.values()].map((error) => ({ ...error, seconds: { ...error.seconds } })),
    }
  }

  #histogram(version: string): Histogram {
    const known = this.#latency.get(version) ?? new Histogram()
    this.#latency.set(version, known)
    return known
  }

  #addForeign(key: string, ending: Ending): void {
    const { origin, version, status, code } = ending
    const last = sample(ending, this.#startedAt)
    const second = Math.floor(Date.parse(last.at) / 1000)
    const known = this.#foreign.get(key)
    const seconds = known?.seconds ?? {}
    seconds[second] = (seconds[second] ?? 0) + 1
    if (known) Object.assign(known, { count: known.count + 1, last })
    else this.#foreign.set(key, { origin, version, status, code, count: 1, first: last, last, seconds })
  }
}

function isForeign({ origin, status }: Outcome): boolean {
  return origin === 'client' || (origin === 'mesh' && (status ?? 0) >= 400)
}

function sample({ headers = {}, body = '' }: Ending, startedAt: number): Sample {
  const now = Date.now()
  return { at: new Date(now).toISOString(), atMs: now - startedAt, headers, body }
}

function summary(version: string, histogram: Histogram) {
  const [p50, p99] = [histogram.quantile(0.5), histogram.quantile(0.99)]
  return { version, count: histogram.count, p50, p99, max: histogram.max }
}

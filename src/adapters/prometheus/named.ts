import { createHash } from 'node:crypto'
import type { PrometheusAccess } from '../../core/analysis/access.ts'
import type { NamedPrometheus, OpenPrometheus } from '../../ports.ts'
import { settingsOf } from './access.ts'
import { askOver } from './ask.ts'
import { httpOf, letGo, prometheusHttp } from './client.ts'
import { Fetcher } from './fetcher.ts'
import { Memory } from './memory.ts'
import { metricQueries } from './queries.ts'
import { Sampler } from './sampler.ts'
import type { AddressGuard, PrometheusSettings, QueryWatcher } from './settings.ts'
import { NOBODY, WORLD } from './source.ts'

/** One that nobody asked for in this time (milliseconds) is dropped: by then it has forgotten all that it read. */
const DROPPED_AFTER_MS = 300_000
/** So many are kept at most. */
const MOST_KEPT = 100
/** Numbers that all of them keep together at most, see Memory. */
const MOST_NUMBERS = 20_000_000

/** The Prometheus of the configuration, and what a Rollout may name instead of it. */
export interface NamedOptions {
  readonly common: PrometheusSettings
  readonly guard: AddressGuard
  readonly watcher?: QueryWatcher
}

interface Kept extends OpenPrometheus {
  readonly dropped: NodeJS.Timeout
  close(): void
}

/**
 * Prometheus as Rollouts name it. What is named alike, credentials included, has one sampler and one circuit breaker; a
 * credential that changed makes another one.
 */
export class NamedSources implements NamedPrometheus {
  readonly #options: NamedOptions
  /** By access, those that were asked for last at the end. */
  readonly #kept = new Map<string, Kept>()

  constructor(options: NamedOptions) {
    this.#options = options
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.size
  }

  open(access: PrometheusAccess): OpenPrometheus {
    const key = keyOf(access)
    const kept = this.#kept.get(key) ?? this.#make(key, access)
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    kept.dropped.refresh()
    this.#dropSurplus()
    return kept
  }

  #make(key: string, access: PrometheusAccess): Kept {
    const { common, guard, watcher = NOBODY } = this.#options
    const settings = settingsOf(access, common, guard)
    const http = httpOf(settings)
    // Whether one of them is left alone says nothing about the one of the configuration.
    const counted = { ...NOBODY, queried: watcher.queried.bind(watcher) }
    const fetcher = new Fetcher(prometheusHttp(settings, WORLD.now, http), WORLD, counted)
    const memory = new Memory(() => MOST_NUMBERS / Math.max(1, this.#kept.size))
    return {
      metrics: new Sampler(fetcher, WORLD.now, memory),
      queries: metricQueries(askOver(settings, { http })),
      dropped: setTimeout(() => this.#drop(key), DROPPED_AFTER_MS).unref(),
      close: () => letGo(http),
    }
  }

  #dropSurplus(): void {
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) return
      this.#drop(key)
    }
  }

  /** Whoever reads through it just now still gets an answer. */
  #drop(key: string): void {
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    clearTimeout(kept?.dropped)
    kept?.close()
  }
}

/** A hash, since it is made of credentials. */
function keyOf({ url, serverName, headers, credentials }: PrometheusAccess): string {
  const { token, user, ca, client } = credentials
  const sorted = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const parts = [url, serverName, sorted, token, user?.name, user?.password, ca, client?.cert, client?.key]
  const text = JSON.stringify(parts.map((part) => part ?? null))
  return createHash('sha256').update(text).digest('hex')
}

import { durationText } from '../../api/quantities.ts'
import { attributedReadings, seriesOf } from '../../core/analysis/readings.ts'
import type { Readings, SideReadings } from '../../core/analysis/readings.ts'
import type { Reporter } from '../../core/analysis/strands.ts'
import { ProviderError } from '../../ports.ts'
import type { CounterQuery } from '../../ports.ts'
import type { Metrics } from '../shell.ts'
import type { Subject } from './subject.ts'

type Span = Pick<CounterQuery, 'fromMs' | 'toMs' | 'stepMs'>

/** What Prometheus knows of a service. */
export class Archive {
  /** Versions that were seen in what was read; empty: requests that name none. */
  readonly versions = new Set<string>()
  readonly #metrics: Metrics
  readonly #subject: Subject

  constructor(metrics: Metrics, subject: Subject) {
    this.#metrics = metrics
    this.#subject = subject
  }

  /**
   * Counters of both sides, latencies if the Rollout measures them. Throws an Error that says what is wrong with
   * Prometheus, and what to do.
   */
  async read(span: Span, only?: 'requests'): Promise<Readings> {
    const { plan, attribution } = this.#subject
    const withLatency = only === undefined && plan.metrics.some(({ istio }) => istio === 'Latency')
    try {
      // One after the other: these are long spans, and others want to ask as well.
      const Source = await this.#side('Source', span, withLatency)
      const Destination = await this.#side('Destination', span, withLatency)
      const readings = attributedReadings({ Source, Destination }, attribution)
      for (const { version } of seriesOf(readings)) this.versions.add(version)
      return readings
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      const remedy = 'name another with --prometheus or SLUICE_PROMETHEUS_URL'
      throw new Error(`Prometheus at ${this.#metrics.url} cannot be read: ${error.message}; ${remedy}`, {
        cause: error,
      })
    }
  }

  /** Why there is nothing to go by in what was read. */
  emptiness(timeMs: number): Error {
    const { host, key, lacksService, plan } = this.#subject
    const where = `Prometheus at ${this.#metrics.url}`
    if (lacksService)
      return new Error(`${key}: there is no Service ${plan.service}; correct spec.traffic.service`)
    if (this.versions.size === 0) {
      return new Error(
        `${key}: ${where} has no request to ${host} in the last ${durationText(timeMs)}: it may scrape no proxy, nobody may have called, or the host may be another (istio_requests_total{destination_service="${host}"})`,
      )
    }
    const known = [...this.versions].filter((version) => version !== '').toSorted()
    if (known.length === 0) {
      return new Error(
        `${key}: no request to ${host} names a version: label the pods with ${plan.versionLabel}${plan.versionLabel === 'version' ? '' : ', and add the workloads to the files or use --cluster'}`,
      )
    }
    return new Error(`${key}: too little is known of ${host}; versions with requests: ${known.join(', ')}`)
  }

  async #side(reporter: Reporter, span: Span, withLatency: boolean): Promise<SideReadings> {
    const query = { ...span, service: this.#subject.host, reporter }
    const { source } = this.#metrics
    const requests = await source.requests(query)
    return { requests, latencies: withLatency ? await source.latencies(query) : [] }
  }
}

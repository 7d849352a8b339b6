import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

const ROLLOUT = ['namespace', 'rollout'] as const

/** Metrics of a process. Names are part of the API. */
export interface Metrics {
  readonly registry: Registry
  readonly ready: Gauge<never>
  readonly releases: Counter<'namespace' | 'rollout' | 'result'>
  readonly weight: Gauge<'namespace' | 'rollout'>
  readonly step: Gauge<'namespace' | 'rollout'>
  readonly verdicts: Counter<'namespace' | 'rollout' | 'metric' | 'verdict'>
  readonly value: Gauge<'namespace' | 'rollout' | 'metric'>
  readonly rollbackSeconds: Histogram<never>
  readonly unwatchedSeconds: Counter<'namespace' | 'rollout'>
  readonly reconcileErrors: Counter<never>
  readonly faultsRemoved: Counter<'reason'>
  readonly prometheusQuerySeconds: Histogram<'result'>
  readonly prometheusResting: Gauge<never>
  readonly staleFaultAge: Gauge<'namespace' | 'virtual_service' | 'route'>
  readonly sweepTimestamp: Gauge<never>
  readonly sweepFound: Gauge<'what'>
  readonly sweepRemoved: Counter<'what'>
  readonly sweepFailed: Counter<'what'>
}

/** Registers all metrics anew, so that tests and several workers in a process do not share them. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const ready = new Gauge({
    name: 'sluice_ready',
    help: 'Whether the process can do its work, as /readyz says: 1 or 0.',
    registers: [registry],
  })
  return {
    registry,
    ready,
    ...releaseMetrics([registry]),
    ...watchMetrics([registry]),
    ...queryMetrics([registry]),
    ...sweepMetrics([registry]),
  }
}

function releaseMetrics(registers: Registry[]) {
  return {
    releases: new Counter({
      name: 'sluice_releases_total',
      help: 'Releases that ended, by result.',
      labelNames: [...ROLLOUT, 'result'],
      registers,
    }),
    weight: new Gauge({
      name: 'sluice_weight_percent',
      help: 'Percent of requests that the canary should get.',
      labelNames: ROLLOUT,
      registers,
    }),
    step: new Gauge({
      name: 'sluice_step',
      help: 'Number of the step under way, from 1; 0 outside of steps.',
      labelNames: ROLLOUT,
      registers,
    }),
    verdicts: new Counter({
      name: 'sluice_verdicts_total',
      help: 'Verdicts of looks, by metric.',
      labelNames: [...ROLLOUT, 'metric', 'verdict'],
      registers,
    }),
    value: new Gauge({
      name: 'sluice_metric_bad_ratio',
      help: 'Share of bad requests of the canary at this step, 0 to 1.',
      labelNames: [...ROLLOUT, 'metric'],
      registers,
    }),
  }
}

function watchMetrics(registers: Registry[]) {
  return {
    rollbackSeconds: new Histogram({
      name: 'sluice_rollback_seconds',
      help: 'Time from evidence complete to weight 0 written.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    unwatchedSeconds: new Counter({
      name: 'sluice_unwatched_seconds',
      help: 'Time in which a canary had weight and nobody could watch it.',
      labelNames: ROLLOUT,
      registers,
    }),
    reconcileErrors: new Counter({
      name: 'sluice_reconcile_errors_total',
      help: 'Passes of the controller that failed and are tried again.',
      registers,
    }),
    faultsRemoved: new Counter({
      name: 'sluice_faults_removed_total',
      help: 'Faults of ours that the controller took out, by reason: nobody else had.',
      labelNames: ['reason'],
      registers,
    }),
  }
}

function queryMetrics(registers: Registry[]) {
  return {
    prometheusQuerySeconds: new Histogram({
      name: 'sluice_prometheus_query_seconds',
      help: 'Time that queries to Prometheus took, by result.',
      labelNames: ['result'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
    prometheusResting: new Gauge({
      name: 'sluice_prometheus_resting',
      help: 'Whether Prometheus is left alone for some seconds after failures in a row: 1 or 0.',
      registers,
    }),
  }
}

function sweepMetrics(registers: Registry[]) {
  return {
    staleFaultAge: new Gauge({
      name: 'sluice_stale_fault_age_seconds',
      help: 'For how long a fault has stood in a route that nobody takes out: of others, or of ours past its expiry.',
      labelNames: ['namespace', 'virtual_service', 'route'],
      registers,
    }),
    sweepTimestamp: new Gauge({
      name: 'sluice_sweep_timestamp_seconds',
      help: 'When this worker last swept the mesh, in seconds since the epoch.',
      registers,
    }),
    sweepFound: new Gauge({
      name: 'sluice_sweep_found',
      help: 'What the last sweep of this worker found that should not be there.',
      labelNames: ['what'],
      registers,
    }),
    sweepRemoved: new Counter({
      name: 'sluice_sweep_removed_total',
      help: 'What sweeps removed.',
      labelNames: ['what'],
      registers,
    }),
    sweepFailed: new Counter({
      name: 'sluice_sweep_failed_total',
      help: 'What sweeps could not remove; the next one tries it.',
      labelNames: ['what'],
      registers,
    }),
  }
}

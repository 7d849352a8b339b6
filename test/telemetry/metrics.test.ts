import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/telemetry/metrics.ts'

/** Our metrics with their types. */
async function ours(): Promise<string[]> {
  const { registry } = createMetrics()
  const metrics = await registry.getMetricsAsJSON()
  return metrics
    .map(({ name, type }) => `${name} ${String(type)}`)
    .filter((line) => line.startsWith('sluice_'))
}

describe('metrics', () => {
  it('have these names and types, which are part of the API', async () => {
    expect(await ours()).toEqual([
      'sluice_ready gauge',
      'sluice_releases_total counter',
      'sluice_weight_percent gauge',
      'sluice_step gauge',
      'sluice_verdicts_total counter',
      'sluice_metric_bad_ratio gauge',
      'sluice_rollback_seconds histogram',
      'sluice_unwatched_seconds counter',
      'sluice_reconcile_errors_total counter',
      'sluice_faults_removed_total counter',
      'sluice_prometheus_query_seconds histogram',
      'sluice_prometheus_resting gauge',
      'sluice_stale_fault_age_seconds gauge',
      'sluice_sweep_timestamp_seconds gauge',
      'sluice_sweep_found gauge',
      'sluice_sweep_removed_total counter',
      'sluice_sweep_failed_total counter',
    ])
  })

  it('all say what they are', async () => {
    const metrics = await createMetrics().registry.getMetricsAsJSON()
    expect(metrics.filter(({ help }) => help === '')).toEqual([])
  })

  it('are registered anew, so that two in a process share nothing', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.reconcileErrors.inc()
    expect(await one.registry.metrics()).toContain('sluice_reconcile_errors_total 1')
    expect(await other.registry.metrics()).toContain('sluice_reconcile_errors_total 0')
  })

  it('tell of the process too', async () => {
    expect(await createMetrics().registry.metrics()).toContain('process_cpu_seconds_total')
  })

  it('refuse a label that they do not have', () => {
    const { weight } = createMetrics()
    expect(() => weight.set({ pod: 'x' } as never, 1)).toThrow(/label/)
  })
})

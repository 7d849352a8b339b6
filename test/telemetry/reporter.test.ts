import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../../src/core/analysis/verdict.ts'
import type { HistoryEntry } from '../../src/api/v1alpha1/status.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createFaultReporter, createReporter } from '../../src/telemetry/reporter.ts'
import { aRecord } from '../core/faults/scene.ts'
import { aState, aVirtualService } from '../core/shop.ts'

const LABELS = 'namespace="shop",rollout="reviews"'
const ENDED: HistoryEntry = {
  from: 'v1',
  to: 'v2',
  result: 'RolledBack',
  reason: 'MetricFailed: too many errors',
  startedAt: '2026-01-02T03:04:05Z',
  finishedAt: '2026-01-02T03:05:05Z',
}
const JUDGEMENT: Judgement = {
  verdict: 'Unsure',
  metrics: [
    { metric: 'error-rate', verdict: 'Unsure', value: 0.004, limit: '1%', evidence: '1 of 250' },
    { metric: 'p99', verdict: 'NoData', limit: 'p99 500ms', evidence: 'nothing' },
  ],
}

/** A reporter, the metrics that it moves, and the lines that it logs. */
function aReporter() {
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  const metrics = createMetrics()
  const log = pino({ level: 'debug', base: null }, sink)
  const [reporter, faults] = [createReporter(metrics, log), createFaultReporter(metrics, log)]
  const samples = async (name: string) =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(name))
  return { reporter, faults, lines, samples }
}

describe('a release that moves', () => {
  it('shows weight and step, counted from 1', async () => {
    const { reporter, samples } = aReporter()
    reporter.moved(aState('Raising', { step: 1 }), aState('Observing', { step: 1 }))
    expect(await samples('sluice_weight_percent')).toEqual([`sluice_weight_percent{${LABELS}} 20`])
    expect(await samples('sluice_step')).toEqual([`sluice_step{${LABELS}} 2`])
  })

  it('shows weight 0 and no step while it is taken back', async () => {
    const { reporter, samples } = aReporter()
    reporter.moved(aState('Observing', { step: 1 }), aState('Lowering', { step: 1 }))
    expect(await samples('sluice_weight_percent')).toEqual([`sluice_weight_percent{${LABELS}} 0`])
    expect(await samples('sluice_step')).toEqual([`sluice_step{${LABELS}} 0`])
  })

  it('shows neither once it is over', async () => {
    const { reporter, samples } = aReporter()
    reporter.moved(aState('Raising', { step: 1 }), aState('Observing', { step: 1 }))
    reporter.moved(aState('Cleaning', { step: 1 }), aState('Done', { step: 1 }))
    expect(await samples('sluice_weight_percent')).toEqual([])
    expect(await samples('sluice_step')).toEqual([])
  })

  it('is logged with its ids, from what to what', () => {
    const { reporter, lines } = aReporter()
    reporter.moved(aState('Raising', { step: 0 }), aState('Observing', { step: 0 }))
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        msg: 'release moved',
        rollout: 'shop/reviews',
        release: 'v2-template-1-2',
        seq: 10,
        version: 'v2',
        step: 1,
        from: 'Raising',
        to: 'Observing',
      }),
    ])
  })
})

describe('a release that ended', () => {
  it('is counted by its result, once', async () => {
    const { reporter, samples } = aReporter()
    const lowering = aState('Lowering')
    const cleaning = aState('Cleaning', { ended: ENDED })
    reporter.moved(lowering, cleaning)
    reporter.moved(cleaning, aState('Done', { ended: ENDED }))
    expect(await samples('sluice_releases_total')).toEqual([
      `sluice_releases_total{${LABELS},result="RolledBack"} 1`,
    ])
  })

  it('is logged with result and reason', () => {
    const { reporter, lines } = aReporter()
    reporter.moved(aState('Lowering'), aState('Cleaning', { ended: ENDED }))
    expect(lines[0]).toMatchObject({ msg: 'release ended', result: 'RolledBack', reason: ENDED.reason })
  })
})

describe('a look', () => {
  it('counts the verdict of each metric, and shows the values that there are', async () => {
    const { reporter, samples } = aReporter()
    reporter.judged(aState('Observing'), JUDGEMENT)
    reporter.judged(aState('Observing'), JUDGEMENT)
    expect(await samples('sluice_verdicts_total')).toEqual([
      `sluice_verdicts_total{${LABELS},metric="error-rate",verdict="Unsure"} 2`,
      `sluice_verdicts_total{${LABELS},metric="p99",verdict="NoData"} 2`,
    ])
    expect(await samples('sluice_metric_bad_ratio')).toEqual([
      `sluice_metric_bad_ratio{${LABELS},metric="error-rate"} 0.004`,
    ])
  })

  it('is logged for those who debug', () => {
    const { reporter, lines } = aReporter()
    reporter.judged(aState('Observing'), JUDGEMENT)
    expect(lines).toEqual([expect.objectContaining({ level: 20, msg: 'looked', judgement: JUDGEMENT })])
  })
})

describe('what should worry somebody', () => {
  it('is time in which nobody watched: it adds up, and is a warning', async () => {
    const { reporter, lines, samples } = aReporter()
    reporter.unwatched(aState('Observing'), 2.5)
    reporter.unwatched(aState('Observing'), 1)
    expect(await samples('sluice_unwatched_seconds')).toEqual([`sluice_unwatched_seconds{${LABELS}} 3.5`])
    expect(lines[0]).toMatchObject({ level: 40, seconds: 2.5 })
  })

  it('is a rollback: its time is counted in seconds', async () => {
    const { reporter, lines, samples } = aReporter()
    reporter.lowered(aState('Observing'), 40)
    expect(await samples('sluice_rollback_seconds_bucket{le="0.025"}')).toEqual([
      'sluice_rollback_seconds_bucket{le="0.025"} 0',
    ])
    expect(await samples('sluice_rollback_seconds_bucket{le="0.05"}')).toEqual([
      'sluice_rollback_seconds_bucket{le="0.05"} 1',
    ])
    expect(await samples('sluice_rollback_seconds_sum')).toEqual(['sluice_rollback_seconds_sum 0.04'])
    expect(lines).toEqual([expect.objectContaining({ level: 40, afterMs: 40 })])
  })
})

describe('faults that the controller took out', () => {
  it('are counted by reason, from 0 on, and logged with what is known of them', async () => {
    const { faults, lines, samples } = aReporter()
    const record = aRecord()
    faults.removed(aVirtualService(), { why: 'Expired', message: 'it had expired', record })
    faults.removed(aVirtualService(), { why: 'Orphaned', message: 'nothing tells' })
    expect(await samples('sluice_faults_removed_total')).toEqual([
      'sluice_faults_removed_total{reason="Expired"} 1',
      'sluice_faults_removed_total{reason="LeftOver"} 0',
      'sluice_faults_removed_total{reason="Orphaned"} 1',
    ])
    const { name: fault, owner, injectedAt, expiresAt } = record
    const common = { level: 40, msg: 'fault taken out', object: 'shop/reviews' }
    expect(lines).toMatchObject([
      { ...common, reason: 'Expired', fault, owner, injectedAt, expiresAt, message: 'it had expired' },
      { ...common, reason: 'Orphaned', message: 'nothing tells' },
    ])
  })

  it('that could not be looked after count as failed passes', async () => {
    const { faults, lines, samples } = aReporter()
    faults.failed('shop/reviews', new Error('ECONNREFUSED'))
    expect(await samples('sluice_reconcile_errors_total')).toEqual(['sluice_reconcile_errors_total 1'])
    expect(lines).toMatchObject([{ level: 40, object: 'shop/reviews', problem: 'ECONNREFUSED' }])
  })
})

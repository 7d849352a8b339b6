import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { KEEP_FAULT_ANNOTATION } from '../../src/api/names.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { StaleFaultAges } from '../../src/telemetry/stale-faults.ts'
import { createSweepReporter } from '../../src/telemetry/sweep-reporter.ts'
import { DELAY, aRecord, probed, routed, setBy } from '../core/faults/shop.ts'
import { START } from '../core/shop.ts'

const HOUR_MS = 3_600_000

/** The samples after each look, by VirtualService. */
async function ages(...looks: readonly (readonly [atMs: number, objects: readonly VirtualService[]])[]) {
  const metrics = createMetrics()
  const faults = new StaleFaultAges(metrics)
  const seen: Record<string, number>[] = []
  for (const [at, objects] of looks) {
    faults.refresh(objects, START + at)
    const { values } = await metrics.staleFaultAge.get()
    seen.push(
      Object.fromEntries(
        values.map(({ labels, value }) => [`${labels.virtual_service} ${labels.route}`, value]),
      ),
    )
  }
  return seen
}

describe('the age of a fault', () => {
  it('is since it was first seen, or since its routes were written', async () => {
    const objects = [routed('seen', DELAY), setBy(routed('written', DELAY), 'kubectl', START - HOUR_MS)]
    expect(await ages([0, objects], [60_000, objects])).toEqual([
      { 'seen primary': 0, 'written primary': 3600 },
      { 'seen primary': 60, 'written primary': 3660 },
    ])
  })

  it('goes with the fault', async () => {
    expect(await ages([0, [routed('reviews', DELAY)]], [1000, [routed('reviews')]])).toEqual([
      { 'reviews primary': 0 },
      {},
    ])
  })

  it('is none of one that a person keeps, and none of ours before its time is over', async () => {
    const kept = routed('kept', DELAY, { [KEEP_FAULT_ANNOTATION]: 'a game day' })
    const objects = [kept, probed(routed('runs'), [aRecord(1)]), probed(routed('over'), [aRecord(-5000)])]
    expect(await ages([0, objects])).toEqual([{ 'over sluice-fault-abc1234-0': 5 }])
  })

  it('is told of the 500 oldest', async () => {
    const objects = Array.from({ length: 600 }, (_, index) =>
      setBy(routed(`r${index}`, DELAY), 'kubectl', START - index * 1000),
    )
    const [seen = {}] = await ages([0, objects])
    expect(Object.keys(seen)).toHaveLength(500)
    expect(Math.min(...Object.values(seen))).toBe(100)
  })
})

describe('a sweep', () => {
  it('is counted and logged', async () => {
    const lines: Record<string, unknown>[] = []
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
        done()
      },
    })
    const metrics = createMetrics()
    const reporter = createSweepReporter(metrics, pino({ base: null, timestamp: false }, sink))
    const finding = { what: 'ForeignFault', object: routed('reviews', DELAY), message: 'a fault' } as const
    const found = { OwnFault: 1, ForeignFault: 2, OwnSubset: 3, ForeignSubset: 4 }
    reporter.found(finding)
    reporter.removed(finding)
    reporter.stayed(finding, new Error('no'))
    reporter.swept({ virtualServices: 5, destinationRules: 6, found, removed: 1, failed: 1, tookMs: 7 })
    const told = { what: 'ForeignFault', object: 'VirtualService shop/reviews', message: 'a fault' }
    expect(lines).toMatchObject([
      { level: 40, ...told, msg: 'something stale was found' },
      { level: 40, ...told, msg: 'something stale was removed' },
      { level: 40, ...told, err: { message: 'no' } },
      { level: 30, found, removed: 1, failed: 1, tookMs: 7, msg: 'swept' },
    ])
    const text = await metrics.registry.metrics()
    expect(text).toContain('sluice_sweep_removed_total{what="ForeignFault"} 1')
    expect(text).toContain('sluice_sweep_failed_total{what="ForeignFault"} 1')
    expect(text).toContain('sluice_sweep_found{what="OwnSubset"} 3')
    expect(text).toMatch(/sluice_sweep_timestamp_seconds \d{10}/)
  })
})

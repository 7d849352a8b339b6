import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusClient } from '../../../src/adapters/prometheus/source.ts'
import type { CounterQuery, MetricsSource } from '../../../src/ports.ts'
import { cases } from '../../core/property.ts'
import { PrometheusServer, counter } from './server.ts'
import type { StoredSeries } from './server.ts'

const SECOND = 1000
const NOW = Math.floor(Date.now() / SECOND) * SECOND
const SCRAPES = 90
const BEGIN = NOW - 60 * SECOND
const SERVICES = ['a.shop.svc.cluster.local', 'b.shop.svc.cluster.local']

let server: PrometheusServer

beforeEach(async () => {
  server = new PrometheusServer()
  await server.start()
})
afterEach(async () => server.stop())

const reader = (): MetricsSource =>
  prometheusClient({ url: server.url }, undefined, { now: () => NOW, random: () => 0.5 })

/** A counter that begins at some scrape, rises by whatever is scraped, and begins anew after some scrapes. */
const series = fc
  .record({
    service: fc.constantFrom(...SERVICES),
    begin: fc.nat({ max: SCRAPES - 1 }),
    steps: fc.array(fc.nat({ max: 9 }), { minLength: SCRAPES, maxLength: SCRAPES }),
    resets: fc.array(fc.nat({ max: SCRAPES - 1 }), { maxLength: 3 }),
  })
  .map(({ service, begin, steps, resets }) => (index: number): StoredSeries => {
    let value = 0
    const values = steps.map((step, scrape) => (value = resets.includes(scrape) ? step : value + step))
    const labels = { destination_service: service, instance: `pod-${index}` }
    return counter(labels, BEGIN + begin * SECOND, values.slice(begin))
  })

/** A look at a tick: of which service, up to when before the tick, and how far back. */
const look = fc.record({
  service: fc.constantFrom(...SERVICES),
  agoMs: fc.nat({ max: 3 * SECOND }),
  backMs: fc.integer({ min: SECOND, max: 40 * SECOND }),
})
const ticks = fc.array(fc.array(look, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 })

describe('looks of a tick', () => {
  it('see what each would see alone, in whatever order they come, and whatever was read before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(series, { minLength: 1, maxLength: 6 }), ticks, async (stored, all) => {
        server.series = stored.map((make, index) => make(index))
        const shared = reader()
        for (const [tick, looks] of all.entries()) {
          const asked = looks.map(({ service, agoMs, backMs }): CounterQuery => {
            const toMs = NOW + tick * 5 * SECOND - agoMs
            return { service, fromMs: toMs - backMs, toMs }
          })
          const together = await Promise.all(asked.map(async (query) => shared.requests(query)))
          const alone = await Promise.all(asked.map(async (query) => reader().requests(query)))
          expect(together.map(inOrder)).toEqual(alone.map(inOrder))
        }
      }),
      cases(60),
    )
  })
})

/** Series have no order. */
function inOrder(found: Awaited<ReturnType<MetricsSource['requests']>>) {
  return found.toSorted((a, b) => a.instance.localeCompare(b.instance))
}

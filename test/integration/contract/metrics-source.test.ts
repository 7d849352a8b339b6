import { randomUUID } from 'node:crypto'
import { vi } from 'vitest'
import { prometheusSource } from '../../../src/adapters/prometheus/source.ts'
import { metricsSourceContract } from '../../contract/metrics-source.ts'
import { Shop, untilSent } from '../sandbox/shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** Nothing listens at the discard port. */
const NOBODY = 'http://127.0.0.1:9'
const PATIENCE = { timeout: 60_000, interval: 250 }

metricsSourceContract('Prometheus', async () => {
  const env = workerSandbox()
  const shop = new Shop(env, `contract-${randomUUID().slice(0, 8)}`)
  const metrics = prometheusSource(env.prometheus)
  const service = shop.host('reviews')
  const fromMs = Date.now()
  await shop.open()
  const load = await shop.load({ ratePerSecond: 50 })
  await untilSent(load, 200)
  await load.stop()
  // Scrapes follow: what was sent is asked for as soon as they have brought it.
  await vi.waitFor(async () => {
    const series = await metrics.requests({ service, fromMs, toMs: Date.now() })
    const seen = Math.max(0, ...series.map(({ samples }) => samples.at(-1)?.[1] ?? 0))
    if (seen < 200) throw new Error(`Prometheus has ${seen} of 200 requests`)
  }, PATIENCE)
  return {
    metrics,
    unreachable: prometheusSource(NOBODY),
    service,
    // The sandbox's pods have no proxy of their own.
    pods: [],
    fromMs,
    toMs: Date.now(),
    close: async () => shop.close(),
  }
})

import { randomUUID } from 'node:crypto'
import { vi } from 'vitest'
import { askOver } from '../../../src/adapters/prometheus/ask.ts'
import { metricQueries } from '../../../src/adapters/prometheus/queries.ts'
import { metricQueriesContract } from '../../contract/metric-queries.ts'
import { Shop, untilSent } from '../sandbox/shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** Nothing listens at the discard port. */
const NOBODY = 'http://127.0.0.1:9'
const PATIENCE = { timeout: 60_000, interval: 250 }

metricQueriesContract('Prometheus', async () => {
  const env = workerSandbox()
  const shop = new Shop(env, `contract-${randomUUID().slice(0, 8)}`)
  const queries = metricQueries(askOver({ url: env.prometheus }))
  const total = `istio_requests_total{reporter="source", destination_service="${shop.host('reviews')}"}`
  const bad = total.replace('}', ', response_code=~"5.."}')
  const counters = { bad, total, versionLabel: 'destination_version' }
  const fromMs = Date.now()
  await shop.open()
  const load = await shop.load({ ratePerSecond: 50 })
  await untilSent(load, 100)
  await load.stop()
  await vi.waitFor(async () => {
    const { total: series } = await queries.counters(counters, { fromMs, toMs: Date.now() })
    const seen = Math.max(0, ...series.map(({ samples }) => samples.at(-1)?.[1] ?? 0))
    if (seen < 100) throw new Error(`Prometheus has ${seen} of 100 requests`)
  }, PATIENCE)
  return {
    queries,
    unreachable: metricQueries(askOver({ url: NOBODY })),
    half: 'vector(0.5)',
    nothing: `no_such_metric{service="reviews"}`,
    several: 'vector(1) or label_replace(vector(2), "pod", "b", "", "")',
    broken: 'sum(',
    counters,
    name: 'istio_requests_total',
    span: { fromMs, toMs: Date.now() },
    close: async () => shop.close(),
  }
})

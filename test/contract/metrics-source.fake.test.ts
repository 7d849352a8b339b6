import { START } from '../core/shop.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { metricsSourceContract } from './metrics-source.ts'

metricsSourceContract('in memory', async () => {
  const service = 'reviews.shop.svc.cluster.local'
  const metrics = new FakeMetricsSource()
  metrics.flow({ service, version: 'v1', perSecond: 20 }, START)
  const unreachable = new FakeMetricsSource()
  unreachable.fail('ECONNREFUSED')
  return { metrics, unreachable, service, fromMs: START, toMs: START + 10_000, close: async () => undefined }
})

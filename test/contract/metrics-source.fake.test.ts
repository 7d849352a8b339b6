import { START } from '../core/shop.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { metricsSourceContract } from './metrics-source.ts'

metricsSourceContract('in memory', async () => {
  const service = 'reviews.shop.svc.cluster.local'
  const pods = ['reviews-1', 'reviews-2']
  const metrics = new FakeMetricsSource()
  metrics.flow({ service, version: 'v1', perSecond: 20, pods }, START)
  const unreachable = new FakeMetricsSource()
  unreachable.fail('ECONNREFUSED')
  const time = { fromMs: START, toMs: START + 10_000 }
  return { metrics, unreachable, service, pods, ...time, close: async () => undefined }
})

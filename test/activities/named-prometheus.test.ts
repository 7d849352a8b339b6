import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import type { OwnPrometheus } from '../../src/api/v1alpha1/prometheus.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { PrometheusAccess } from '../../src/core/analysis/access.ts'
import { SERVICE } from '../core/shop.ts'
import { FakeMetricQueries } from '../fakes/metric-queries.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { Stage } from './stage.ts'

const SECRET = { namespace: SERVICE.namespace, name: 'mimir' }
const MIMIR: OwnPrometheus = {
  url: 'https://mimir.example.com',
  headers: [{ name: 'X-Scope-OrgID', value: 'shop' }],
  secretRef: { name: SECRET.name },
}
const ERRORS: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '1%' }
const CONVERSION: MetricSpec = { name: 'conversion', query: 'conversion', min: '0.02' }

let stage: Stage
/** What stands in the Prometheus that the Rollout names, whose door a token opens. */
let own: { metrics: FakeMetricsSource; queries: FakeMetricQueries }
let token: string

beforeEach(() => {
  stage = new Stage()
  own = { metrics: new FakeMetricsSource(10), queries: new FakeMetricQueries() }
  token = 'one'
  stage.cluster.named.admit(({ credentials }) => credentials.token === token, own)
  stage.cluster.secrets.put(SECRET, 'token', 'one\n')
  // What the controller's own says must not matter.
  stage.answer('v2', 1)
  flow('v1', 0)
  flow('v2', 0)
})

function flow(version: string, errors: number): void {
  const all = { service: fullHost(SERVICE), version, perSecond: 20_000, errors }
  own.metrics.flow(all, Date.now() - 10_000)
}

const start = (plan: Parameters<Stage['start']>[1] = {}): ReleaseState =>
  stage.start({}, { prometheus: MIMIR, metrics: [ERRORS], ...plan })

/** What preflight says. */
async function checked(state: ReleaseState) {
  const { phase, findings } = await stage.next(state)
  return { phase, findings: phase === 'Refused' ? findings : [] }
}

const CLEARED = { phase: 'Preparing', findings: [] }
const refused = (reason: string, message: string) => ({ phase: 'Refused', findings: [{ reason, message }] })
const unusable = (message: string) =>
  refused('PrometheusAccessUnusable', `spec.analysis.prometheus: ${message}`)

describe('a release that names its Prometheus', () => {
  it('is judged by what stands there, let in as its spec and Secret say', async () => {
    expect((await stage.until('Done', start())).ended?.result).toBe('Promoted')
    const access: PrometheusAccess = {
      url: 'https://mimir.example.com',
      headers: { 'X-Scope-OrgID': 'shop' },
      credentials: { token: 'one' },
    }
    expect(stage.cluster.named.asked.length).toBeGreaterThan(2)
    for (const asked of stage.cluster.named.asked) expect(asked).toEqual(access)
  })

  it('is taken back by what stands there', async () => {
    stage.answer('v2', 0)
    flow('v2', 1)
    expect((await stage.until('Done', start())).ending?.reason).toBe('MetricFailed')
  })

  it('asks its own queries there, too', async () => {
    own.queries.count('conversion', [])
    own.queries.tell('conversion', { kind: 'Number', value: 0.03 })
    const end = await stage.until('Done', start({ metrics: [CONVERSION] }))
    expect(end.ended?.result).toBe('Promoted')
    expect(own.queries.asked.length).toBeGreaterThan(0)
    expect(stage.cluster.queries.asked).toEqual([])
  })

  it('is let in with the token that its Secret has at each look', async () => {
    const observing = await stage.until('Observing', start())
    token = 'two'
    stage.cluster.secrets.put(SECRET, 'token', token)
    expect((await stage.until('Done', observing)).ended?.result).toBe('Promoted')
    expect(stage.cluster.named.asked.map(({ credentials }) => credentials.token)).toEqual(
      expect.arrayContaining(['one', 'two']),
    )
  })

  it('needs no Secret', async () => {
    stage.cluster.named.admit(
      ({ url, credentials }) => url === undefined && credentials.token === undefined,
      own,
    )
    const { headers } = MIMIR
    expect((await stage.until('Done', start({ prometheus: { headers } }))).ended?.result).toBe('Promoted')
  })

  it.each([ERRORS, CONVERSION])(
    'whose Secret is gone in mid-release waits, and says why: $name',
    async (metric) => {
      own.queries.count('conversion', [])
      const plan = { patienceMs: 100, onProviderError: 'Rollback', metrics: [metric] } as const
      const observing = await stage.until('Observing', start(plan))
      stage.cluster.secrets.remove(SECRET)
      const end = await stage.until('Done', observing)
      expect(end.ending?.reason).toBe('ProviderError')
      expect(JSON.stringify(stage.cluster.reporter.judgements.at(-1))).toContain(
        'there is no Secret shop/mimir',
      )
    },
  )
})

describe('preflight', () => {
  it('says that the Secret is missing, and what to do, before anything is touched', async () => {
    stage.cluster.secrets.remove(SECRET)
    expect(await checked(start())).toEqual(
      unusable('there is no Secret shop/mimir; create it or correct the name'),
    )
  })

  it('says that the Secret is of no use', async () => {
    stage.cluster.secrets.put(SECRET, 'username', 'shop')
    expect(await checked(start())).toEqual(
      unusable('the Secret shop/mimir is of no use: it has username, and no password beside it'),
    )
  })

  it('says that nobody can ask so, also where none of the metrics is Istio’s', async () => {
    token = 'another'
    expect(await checked(start({ metrics: [CONVERSION] }))).toEqual(unusable('nobody is let in so'))
  })

  it('says that the API server does not give the Secret', async () => {
    stage.cluster.secrets.fail(new Error('the API server answered 500'))
    expect(await checked(start())).toEqual(
      unusable('the Secret shop/mimir cannot be read: the API server answered 500'),
    )
  })

  it('looks for metrics where they are', async () => {
    expect(await checked(start())).toEqual(CLEARED)
    own.metrics.fail('it answered 401')
    expect(await checked(start())).toEqual(
      refused('PrometheusUnreachable', 'Prometheus cannot be read: it answered 401'),
    )
    own.metrics.fail(undefined)
    stage.cluster.queries.count('conversion', [])
    own.queries.count('conversions', [])
    expect(await checked(start({ metrics: [CONVERSION] }))).toMatchObject({
      findings: [{ reason: 'MetricUnknown', message: expect.stringContaining('conversions') as string }],
    })
  })
})

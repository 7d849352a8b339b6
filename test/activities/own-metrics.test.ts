import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import { questionFindings } from '../../src/activities/question-findings.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { ROLLOUT, SERVICE } from '../core/shop.ts'
import { Stage } from './stage.ts'

const CONVERSION: MetricSpec = {
  name: 'conversion',
  query: 'rate(orders_total{v="{{ canary }}"}[{{ window }}])',
  min: '0.02',
}
const FILLED = 'rate(orders_total{v="v2"}[1m])'

let stage: Stage

beforeEach(() => {
  stage = new Stage()
  stage.answer('v2', 0)
  // Prometheus knows their names.
  for (const name of ['orders', 'orders_total']) stage.cluster.queries.count(name, [])
})

const start = (...metrics: MetricSpec[]): ReleaseState => stage.start({}, { metrics })
const number = (value: number) => ({ kind: 'Number', value }) as const

/** Counters that rise evenly up to now, scraped each 10 ms. */
function rising(version: string, perSecond: number): LabeledSeries {
  const from = Date.now() - 1000
  const samples = Array.from(
    { length: 3000 },
    (_, index) => [from + 10 * index, (index * perSecond) / 100] as const,
  )
  return { instance: 'shop', version, samples }
}

/** A template in the namespace of the shop. */
function template(name: string, spec: object): void {
  stage.cluster.store.create({
    kind: 'MetricTemplate',
    metadata: { namespace: SERVICE.namespace, name },
    spec,
  })
}

describe('a plain number', () => {
  it('lets a release go on while it is as it must be', async () => {
    stage.cluster.queries.tell(FILLED, number(0.03))
    expect((await stage.until('Done', start(CONVERSION))).ended?.result).toBe('Promoted')
  })

  it('takes the release back when it is not, and says what it was', async () => {
    stage.cluster.queries.tell(FILLED, number(0.01))
    const end = await stage.until('Done', start(CONVERSION))
    expect(end.ending).toMatchObject({
      reason: 'MetricFailed',
      message: expect.stringMatching(/^conversion: 0.01 is below 0.02/) as string,
    })
  })

  it('that is only a dry run decides nothing', async () => {
    stage.cluster.queries.tell(FILLED, number(0.01))
    const errors: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '1%' }
    expect((await stage.until('Done', start(errors, { ...CONVERSION, mode: 'DryRun' }))).ended?.result).toBe(
      'Promoted',
    )
  })

  it('of little weight holds the step, and patience decides', async () => {
    stage.cluster.queries.tell(FILLED, number(0.01))
    const metrics = [{ ...CONVERSION, weight: 'Normal' as const }]
    const end = await stage.until(
      'Done',
      stage.start({}, { metrics, patienceMs: 100, onPatience: 'Rollback' }),
    )
    expect(end.ending?.reason).toBe('PatienceExceeded')
  })

  it('comes from a template, with arguments of the Rollout', async () => {
    template('orders', { args: [{ name: 'shop' }], query: 'orders{shop="{{ args.shop }}"}' })
    stage.cluster.queries.tell(String.raw`orders{shop="a\"b"}`, number(1))
    const templateRef = { name: 'orders', args: [{ name: 'shop', value: 'a"b' }] }
    expect((await stage.until('Done', start({ name: 'orders', templateRef, min: '1' }))).ended?.result).toBe(
      'Promoted',
    )
  })

  it('comes from the web, with what is in a Secret', async () => {
    stage.cluster.secrets.put({ namespace: SERVICE.namespace, name: 'shop' }, 'token', 'let me in\n')
    stage.cluster.web.tell('https://shop.example.com/v2', number(5))
    const http = {
      url: 'https://shop.example.com/{{ canary }}',
      jsonPath: '$.orders',
      method: 'GET' as const,
      headers: [],
      headersFrom: [{ name: 'Authorization', secretKeyRef: { name: 'shop', key: 'token' } }],
    }
    expect((await stage.until('Done', start({ name: 'orders', http, min: '1' }))).ended?.result).toBe(
      'Promoted',
    )
    expect(stage.cluster.web.requests[0]?.headers).toEqual({ Authorization: 'let me in' })
  })

  it('that cannot be read for as long as patience ends as onProviderError says', async () => {
    const http = {
      url: 'https://away.example.com/',
      jsonPath: '$',
      method: 'GET' as const,
      headers: [],
      headersFrom: [],
    }
    const plan = { patienceMs: 100, onPatience: 'Promote', onProviderError: 'Rollback' } as const
    const metrics: MetricSpec[] = [{ name: 'orders', http, min: '1' }]
    const end = await stage.until('Done', stage.start({}, { metrics, ...plan }))
    expect(end.ending).toMatchObject({ reason: 'ProviderError', failed: true })
  })

  it('needs no Prometheus when it comes from elsewhere', async () => {
    stage.cluster.metrics.fail('nobody answers')
    stage.cluster.queries.tell(FILLED, number(1))
    expect((await stage.until('Done', start(CONVERSION))).ended?.result).toBe('Promoted')
  })
})

describe('a web address that never answers', () => {
  it('holds the step, and does not keep a bad canary from being found', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout'],
      shouldAdvanceTime: true,
      advanceTimeDelta: 500,
    })
    try {
      stage.cluster.web.number = async () => new Promise(() => undefined)
      stage.answer('v2', 0.5)
      const http = {
        url: 'https://a.example.com/',
        jsonPath: '$',
        method: 'GET' as const,
        headers: [],
        headersFrom: [],
      }
      const metrics: MetricSpec[] = [
        { name: 'orders', http, min: '1' },
        { name: 'error-rate', istio: 'ErrorRate', max: '1%' },
      ]
      const end = await stage.until('Done', start(...metrics))
      expect(end.ending?.message).toMatch(/^error-rate: /)
    } finally {
      vi.useRealTimers()
    }
  })

  it('and one whose Secret cannot be read are told as such', async () => {
    const headersFrom = [{ name: 'Authorization', secretKeyRef: { name: 'none', key: 'token' } }]
    const http = {
      url: 'https://a.example.com/',
      jsonPath: '$',
      method: 'GET' as const,
      headers: [],
      headersFrom,
    }
    stage.cluster.secrets.read = async () => Promise.reject(new Error('the API server does not answer'))
    const observing = await stage.until('Observing', start({ name: 'orders', http, min: '1' }))
    const watching = stage.next(observing)
    const verdict = () => stage.cluster.rollouts.get(ROLLOUT)?.status?.verdicts?.[0]
    await vi.waitFor(() => expect(verdict()?.evidence).toBe('the API server does not answer'), 5000)
    stage.cluster.secrets.read = async () => Promise.resolve('a')
    stage.cluster.web.tell('https://a.example.com/', number(1))
    expect((await watching).phase).toBe('Raising')
  })
})

describe('counters of the user’s own', () => {
  const counts: MetricSpec = {
    name: 'orders',
    counts: { bad: 'failed_total', total: 'orders_total', versionLabel: 'version' },
    vsStable: { harmBudget: '1%' },
  }

  it.each([
    ['no worse than those of stable pass', 2, 'Promoted'],
    ['worse than those of stable fail', 300, 'RolledBack'],
  ])('that are %s', async (_, failuresPerSecond, result) => {
    stage.cluster.queries.count('orders_total', [rising('v1', 3000), rising('v2', 3000)])
    stage.cluster.queries.count('failed_total', [rising('v1', 2), rising('v2', failuresPerSecond)])
    expect((await stage.until('Done', start(counts))).ended?.result).toBe(result)
  })
})

describe('counters that make no sense', () => {
  const broken: MetricSpec = {
    name: 'orders',
    counts: { bad: 'failed_total', total: 'orders_total', versionLabel: 'version' },
    max: '1%',
  }

  beforeEach(() => {
    stage.cluster.queries.count('orders_total', [rising('v2', 10)])
    stage.cluster.queries.count('failed_total', [rising('v2', 3000)])
  })

  it('hold the step, and say why', async () => {
    const observing = await stage.until('Observing', start(broken))
    const watching = stage.next(observing)
    const verdict = () => stage.cluster.rollouts.get(ROLLOUT)?.status?.verdicts?.[0]
    await vi.waitFor(() => expect(verdict()?.verdict).toBe('ProviderError'), 5000)
    expect(verdict()?.evidence).toMatch(/"total" must count the bad ones, too$/)
    stage.cluster.queries.count('failed_total', [rising('v2', 0)])
    stage.cluster.queries.count('orders_total', [rising('v2', 30_000)])
    expect((await watching).phase).toBe('Raising')
  })

  it('for lack of versions hold the step, and say how to label them', async () => {
    stage.cluster.queries.count('orders_total', [rising('', 3000)])
    stage.cluster.queries.count('failed_total', [])
    const watching = stage.next(await stage.until('Observing', start(broken)))
    const verdict = () => stage.cluster.rollouts.get(ROLLOUT)?.status?.verdicts?.[0]
    await vi.waitFor(() => expect(verdict()?.verdict).toBe('ProviderError'), 5000)
    expect(verdict()?.evidence).toMatch(
      /^no counter of "total" has version="v1" or version="v2": their label/,
    )
    stage.cluster.queries.count('orders_total', [rising('v2', 30_000)])
    expect((await watching).phase).toBe('Raising')
  })

  it('do not keep a bad canary from being found', async () => {
    stage.answer('v2', 0.5)
    const errors: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '1%' }
    const end = await stage.until('Done', start(broken, errors))
    expect(end.ending?.message).toMatch(/^error-rate: /)
  })
})

describe('before a release', () => {
  const findings = async (...metrics: MetricSpec[]) =>
    questionFindings(stage.cluster.ports, start(...metrics))

  it.each([
    [
      'a template that is not there',
      { name: 'a', templateRef: { name: 'none', args: [] }, min: '1' },
      'there is no MetricTemplate shop/none',
    ],
    [
      'a parameter that nobody gives',
      { name: 'a', query: 'up{a="{{ shop }}"}', min: '1' },
      'there is no parameter {{ shop }}',
    ],
  ] as [string, MetricSpec, string][])('%s is found', async (_, metric, problem) => {
    expect(await findings(metric)).toEqual([
      { reason: 'MetricUnanswerable', message: expect.stringContaining(problem) as string },
    ])
  })

  it('a template that yields counts where a number is expected is found', async () => {
    template('counted', { counts: { bad: 'a', total: 'b' } })
    const [first] = await findings({ name: 'a', templateRef: { name: 'counted', args: [] }, min: '1' })
    expect(first?.message).toMatch(/yields counts: max must be a percentage/)
  })

  it('a metric that nobody has is found, with the nearest that there is', async () => {
    expect(await findings({ name: 'a', query: 'rate(order_total[5m])', min: '1' })).toEqual([
      {
        reason: 'MetricUnknown',
        message: 'spec.analysis.metrics[0]: there is no metric order_total; nearest: orders_total',
      },
    ])
  })
})

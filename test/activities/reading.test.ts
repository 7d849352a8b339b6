import { describe, expect, it } from 'vitest'
import { look } from '../../src/activities/observe/look.ts'
import type { Gathered } from '../../src/activities/observe/look.ts'
import { BackgroundReader } from '../../src/activities/observe/reading.ts'
import { initialMemory } from '../../src/activities/observe/watch.ts'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import type { CounterQuery, Reporting } from '../../src/ports.ts'
import { SERVICE } from '../core/shop.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { Stage } from './stage.ts'

const NOW = Date.UTC(2026, 10, 22)
const LOOK_MS = 15_000
const LATENCY: MetricSpec = { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' }
const ERRORS: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '5%' }

/** Whose latencies looks asked for, look by look. @param pods those of each version that have proxies of their own */
async function asked(metrics: readonly MetricSpec[], pods: readonly string[] = []): Promise<Reporting[][]> {
  const stage = new Stage()
  const source = new FakeMetricsSource()
  for (const version of ['v1', 'v2']) {
    const own = pods.map((pod) => `${version}-${pod}`)
    const flow = { service: fullHost(SERVICE), version, perSecond: 50 }
    source.flow({ ...flow, ...(own.length > 0 && { pods: own }) }, NOW - 3_600_000)
  }
  const sides: Reporting[] = []
  const latencies = async (query: CounterQuery) => {
    sides.push(query.reporter ?? 'Source')
    return source.latencies(query)
  }
  const { ports: own } = stage.cluster
  const ports = { ...own, metrics: { requests: source.requests.bind(source), latencies } }
  const begun = await stage.until('Observing', stage.start({}, { metrics }))
  const state = { ...begun, startedAt: NOW, phaseAt: NOW, countFrom: NOW }
  const lookout = { ports, state, background: new BackgroundReader(ports, state) }
  const seen: Reporting[][] = []
  let gathered: Gathered = { ...initialMemory(state), countedTo: NOW }
  for (let at = NOW + LOOK_MS; seen.length < 2; at += LOOK_MS) {
    gathered = await look(lookout, gathered, at)
    seen.push([...new Set(sides.splice(0))])
  }
  return seen
}

describe('latencies', () => {
  it('are read of both sides until the evidence goes by one, and then of that one alone', async () => {
    expect(await asked([LATENCY], ['a', 'b'])).toEqual([['Source', 'Destination'], ['Destination']])
    expect(await asked([LATENCY])).toEqual([['Source', 'Destination'], ['Source']])
  })

  it('are not read for other metrics', async () => {
    expect(await asked([ERRORS], ['a', 'b'])).toEqual([[], []])
  })
})

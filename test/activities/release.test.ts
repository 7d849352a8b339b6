import { beforeEach, describe, expect, it } from 'vitest'
import { initialState } from '../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../src/core/machine/state.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { transition } from '../../src/core/machine/transition.ts'
import {
  KEY,
  ROLLOUT,
  SERVICE,
  aDestinationRule,
  aPlan,
  aVirtualService,
  aWanted,
  primary,
  to,
} from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'
import { act, drive } from './drive.ts'

const CANARY = subsetName('v2')
const PLAN = aPlan({
  steps: [5, 100].map((weight) => ({ weight, holdMs: 0 })),
  intervalMs: 20,
  warmupMs: 0,
  retireAfterMs: 0,
})

let cluster: FakeCluster
let shop: FakeShop

beforeEach(() => {
  cluster = new FakeCluster(Date.now, 10)
  shop = new FakeShop(cluster)
  shop.run('v1', 2)
  shop.run('v2', 2)
  answer('v1', 0)
})

/** A version answers very many requests, with a share of errors. */
function answer(version: string, errors: number): void {
  cluster.metrics.flow(
    { service: fullHost(SERVICE), version, perSecond: 20_000, errors },
    Date.now() - 10_000,
  )
}

function start(changes: Partial<Wanted> = {}): ReleaseState {
  return initialState(ROLLOUT, aWanted({ plan: PLAN, templateHash: '', ...changes }), Date.now())
}

/** The release, as far as its first action in a phase. */
async function until(phase: ReleaseState['phase']): Promise<ReleaseState> {
  let state = start()
  while (state.phase !== phase) state = transition(state, await act(cluster.ports, state))
  return state
}

describe('a release, by its real activities', () => {
  it('of a good version makes it the only one, and leaves all else as it was', async () => {
    answer('v2', 0)
    const { end, way } = await drive(cluster.ports, start())
    expect(end.ended?.result).toBe('Promoted')
    expect(way).toEqual([
      'Preflight',
      'Preparing',
      'Raising',
      'Observing',
      'Raising',
      'Observing',
      'Promoting',
      'Retaining',
      'Retiring',
    ])
    expect(withMark(shop.virtualService, KEY, undefined).spec).toEqual(
      aVirtualService([to(CANARY, 100)]).spec,
    )
    expect(shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual([CANARY])
    expect([shop.replicas('v1'), shop.replicas('v2')]).toEqual([0, 2])
    expect(shop.status).toMatchObject({
      stableVersion: 'v2',
      weight: { desired: 100 },
      history: [{ to: 'v2', result: 'Promoted' }],
    })
  })

  it('of a bad version takes it back, and leaves all as it was', async () => {
    answer('v2', 0.2)
    const { end } = await drive(cluster.ports, start())
    expect(end.ending).toMatchObject({ reason: 'MetricFailed', failed: true })
    expect(withMark(shop.virtualService, KEY, undefined).spec).toEqual(aVirtualService([to('v1', 100)]).spec)
    expect(shop.destinationRule.spec).toEqual(aDestinationRule().spec)
    expect(markOf(shop.virtualService, KEY)).not.toHaveProperty('canary')
    expect([shop.replicas('v1'), shop.replicas('v2')]).toEqual([2, 0])
    expect(shop.status).toMatchObject({ stableVersion: 'v1', lastFailed: { version: 'v2' } })
    expect(cluster.reporter.loweredAfterMs).toHaveLength(1)
  })
})

describe('an observer that crashed', () => {
  it('after it took the weight of a canary without pods goes on to wait for them', async () => {
    const observing = await until('Observing')
    shop.setReady('v2', false)
    const first = await act(cluster.ports, observing)
    expect(first.type).toBe('CanaryLost')
    expect(primary(shop.virtualService).route).toEqual([to('v1', 100)])
    expect((await act(cluster.ports, observing)).type).toBe('CanaryLost')
  })

  it('after that, with pods that are back, puts the weight back', async () => {
    const observing = await until('Observing')
    shop.setReady('v2', false)
    await act(cluster.ports, observing)
    shop.setReady('v2', true)
    expect((await act(cluster.ports, { ...observing, wanted: aWanted() })).type).toBe('Drifted')
  })

  it('after it saw the step pass, before it could say so, sees it pass again', async () => {
    answer('v2', 0)
    const observing = await until('Observing')
    expect((await act(cluster.ports, observing)).type).toBe('Passed')
    expect(shop.status.release?.seq).toBe(observing.seq + 1)
    expect((await act(cluster.ports, observing)).type).toBe('Passed')
  })

  it('after it took the weight of a failing canary fails it again', async () => {
    answer('v2', 0.2)
    const observing = await until('Observing')
    expect((await act(cluster.ports, observing)).type).toBe('Failed')
    expect(['Failed', 'Overtaken']).toContain((await act(cluster.ports, observing)).type)
    expect(primary(shop.virtualService).route).toEqual([to('v1', 100)])
  })
})

describe('the end of a version', () => {
  it('does not wait for a subset that a route of somebody else goes on naming, and keeps it', async () => {
    answer('v2', 0.2)
    const observing = await until('Observing')
    cluster.store.change('VirtualService', { namespace: 'shop', name: 'reviews' }, (object) => {
      const { http = [] } = shop.virtualService.spec
      const testers = { name: 'testers', match: [{ headers: {} }], route: [to(CANARY)] }
      return { ...object, spec: { ...shop.virtualService.spec, http: [testers, ...http] } }
    })
    await drive(cluster.ports, transition(observing, await act(cluster.ports, observing)))
    expect(shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual(['v1', CANARY])
    expect(cluster.rollouts.events.map(({ event }) => event.reason)).toContain('SubsetKept')
  })
})

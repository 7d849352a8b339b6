import { beforeEach, describe, expect, it } from 'vitest'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { transition } from '../../src/core/machine/transition.ts'
import { KEY, aDestinationRule, aSubset, aVirtualService, aWanted, primary, to } from '../core/shop.ts'
import { act, drive } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('a release, by its real activities', () => {
  it('of a good version makes it the only one, and leaves all else as it was', async () => {
    stage.answer('v2', 0)
    const { end, way } = await drive(stage.cluster.ports, stage.start())
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
    expect(withMark(stage.shop.virtualService, KEY, undefined).spec).toEqual(
      aVirtualService([to(CANARY, 100)]).spec,
    )
    expect(stage.shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual([CANARY])
    expect([stage.shop.replicas('v1'), stage.shop.replicas('v2')]).toEqual([0, 2])
    expect(stage.shop.status).toMatchObject({
      stableVersion: 'v2',
      weight: { desired: 100 },
      history: [{ to: 'v2', result: 'Promoted' }],
    })
  })

  it('of a bad version takes it back, and leaves all as it was', async () => {
    stage.answer('v2', 0.2)
    const { end } = await drive(stage.cluster.ports, stage.start())
    expect(end.ending).toMatchObject({ reason: 'MetricFailed', failed: true })
    expect(withMark(stage.shop.virtualService, KEY, undefined).spec).toEqual(
      aVirtualService([to('v1', 100)]).spec,
    )
    expect(stage.shop.destinationRule.spec).toEqual(aDestinationRule().spec)
    expect(markOf(stage.shop.virtualService, KEY)).not.toHaveProperty('canary')
    expect([stage.shop.replicas('v1'), stage.shop.replicas('v2')]).toEqual([2, 0])
    expect(stage.shop.status).toMatchObject({ stableVersion: 'v1', lastFailed: { version: 'v2' } })
    expect(stage.cluster.reporter.loweredAfterMs).toHaveLength(1)
  })
})

describe('of several subsets of the stable version', () => {
  const EU = aSubset('v1', { name: 'v1-eu', labels: { version: 'v1', region: 'eu' } })

  beforeEach(() => {
    const { store } = stage.cluster
    store.replace({ ...stage.shop.destinationRule, spec: aDestinationRule([EU, aSubset('v1')]).spec })
  })

  it('the one that the route names keeps its traffic, and is what the canary is like', async () => {
    await stage.until('Observing')
    expect(stage.route).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
    expect(stage.shop.destinationRule.spec.subsets?.at(-1)).toEqual(aSubset('v2', { name: CANARY }))
  })

  it('the one that the route named has all traffic after a rollback', async () => {
    stage.answer('v2', 0.2)
    await stage.until('Done')
    expect(stage.route).toEqual([['v1', 100]])
    expect(stage.subsets).toEqual(['v1-eu', 'v1'])
  })

  it('the one that the route names is put back when a stranger takes it away', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing')
    stage.dropSubset('v1')
    await stage.next(observing)
    expect(stage.subsets).toEqual(['v1-eu', CANARY, 'v1'])
  })
})

describe('an observer that crashed', () => {
  it('after it took the weight of a canary without pods goes on to wait for them', async () => {
    const observing = await stage.until('Observing')
    stage.shop.setReady('v2', false)
    const first = await act(stage.cluster.ports, observing)
    expect(first.type).toBe('CanaryLost')
    expect(primary(stage.shop.virtualService).route).toEqual([to('v1', 100)])
    expect((await act(stage.cluster.ports, observing)).type).toBe('CanaryLost')
  })

  it('after that, with pods that are back, puts the weight back', async () => {
    const observing = await stage.until('Observing')
    stage.shop.setReady('v2', false)
    await act(stage.cluster.ports, observing)
    stage.shop.setReady('v2', true)
    expect((await act(stage.cluster.ports, { ...observing, wanted: aWanted() })).type).toBe('Drifted')
  })

  it('after it saw the step pass, before it could say so, sees it pass again', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing')
    expect((await act(stage.cluster.ports, observing)).type).toBe('Passed')
    expect(stage.shop.status.release?.seq).toBe(observing.seq + 1)
    expect((await act(stage.cluster.ports, observing)).type).toBe('Passed')
  })

  it('after it took the weight of a failing canary fails it again', async () => {
    stage.answer('v2', 0.2)
    const observing = await stage.until('Observing')
    expect((await act(stage.cluster.ports, observing)).type).toBe('Failed')
    expect(['Failed', 'Overtaken']).toContain((await act(stage.cluster.ports, observing)).type)
    expect(primary(stage.shop.virtualService).route).toEqual([to('v1', 100)])
  })
})

describe('the end of a version', () => {
  it('does not wait for a subset that a route of somebody else goes on naming, and keeps it', async () => {
    stage.answer('v2', 0.2)
    const observing = await stage.until('Observing')
    stage.write((object) => {
      const testers = { name: 'testers', match: [{ headers: {} }], route: [to(CANARY)] }
      return { ...object, spec: { ...object.spec, http: [testers, ...(object.spec.http ?? [])] } }
    })
    await drive(stage.cluster.ports, transition(observing, await act(stage.cluster.ports, observing)))
    expect(stage.shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual(['v1', CANARY])
    expect(stage.reasons).toContain('SubsetKept')
  })
})

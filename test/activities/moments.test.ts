import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { observingActivities } from '../../src/activities/index.ts'
import { markOf } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { KEY, ROLLOUT, to } from '../core/shop.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')

let stage: Stage
beforeEach(() => {
  stage = new Stage()
  stage.answer('v2', 0)
})

describe('a canary that loses its pods between the bake and its promotion', () => {
  it('loses all traffic to stable, and its last step begins anew when they are back', async () => {
    const promoting = await stage.until('Promoting')
    stage.shop.setReady('v2', false)
    const preparing = await stage.next(promoting)
    expect(stage.route).toEqual([['v1', 100]])
    expect(preparing).toMatchObject({ phase: 'Preparing', step: 1 })

    stage.shop.setReady('v2', true)
    await stage.until('Retaining', preparing)
    expect(stage.route).toEqual([[CANARY, 100]])
  })

  it('makes room for another version that is wanted meanwhile', async () => {
    const promoting = await stage.until('Promoting')
    stage.shop.setReady('v2', false)
    const after = await stage.next(stage.want(promoting, { version: 'v3' }))
    expect(after).toMatchObject({ phase: 'Lowering', ending: { result: 'Superseded' } })
  })
})

describe('the way back to a version without pods', () => {
  it('waits and says so, and ends at the deadline', async () => {
    const retaining = await stage.until('Retaining')
    stage.shop.setReady('v1', false)
    const back = stage.want(retaining, { version: 'v1' })
    await expect(act(stage.cluster.ports, back)).rejects.toThrow('no pod of v1 is ready')
    expect(stage.shop.status.message).toBe(
      'no pod of v1 is ready; v1 gets all traffic as soon as that is mended',
    )
    expect(stage.route).toEqual([[CANARY, 100]])

    const late = { ...back, phaseAt: back.phaseAt - back.plan.progressDeadlineMs }
    const lowering = await stage.next(late)
    expect(lowering).toMatchObject({ phase: 'Lowering', stable: { version: 'v2' } })
    await stage.until('Done', lowering)
    expect(stage.route).toEqual([[CANARY, 100]])
    expect([stage.shop.replicas('v1'), stage.shop.replicas('v2')]).toEqual([2, 2])
    expect(stage.shop.status).toMatchObject({ stableVersion: 'v2', lastFailed: { version: 'v1' } })
  })
})

describe('a mark that a stranger takes away just before a raise', () => {
  it('is set again, and the raise made anew: nobody takes the release for over', async () => {
    await stage.until('Observing')
    const raising = await stage.until('Raising', await stage.next(await stage.until('Observing')))
    stage.write(({ metadata: { annotations: _mark, ...metadata }, ...object }) => ({ ...object, metadata }))
    const again = await stage.next(raising)
    expect(again).toMatchObject({ phase: 'Raising', id: raising.id, step: raising.step })
    expect(stage.reasons).toContain('Drifted')

    await stage.until('Retaining', again)
    expect(stage.route).toEqual([[CANARY, 100]])
  })

  it('is set again before the first weight, too', async () => {
    const raising = await stage.until('Raising')
    stage.write(({ metadata: { annotations: _mark, ...metadata }, ...object }) => ({ ...object, metadata }))
    await stage.until('Retaining', await stage.next(raising))
    expect(stage.route).toEqual([[CANARY, 100]])
  })

  it('by a worker that is behind, gets the canary no weight', async () => {
    const raising = await stage.until('Raising')
    const lowering = await stage.next(stage.want(raising, { version: 'v1' }))
    await stage.until('Done', lowering)
    stage.write(({ metadata: { annotations: _mark, ...metadata }, ...object }) => ({ ...object, metadata }))
    const late = await act(stage.cluster.ports, raising)
    expect(late.type).not.toBe('Raised')
    expect(stage.route).toEqual([['v1', 100]])
  })
})

describe('a subset that a stranger takes out of the DestinationRule between two actions', () => {
  it('is never named: it is added again before the canary gets its weight', async () => {
    const raising = await stage.until('Raising')
    stage.dropSubset(CANARY)
    const preparing = await stage.next(raising)
    expect(preparing.phase).toBe('Preparing')
    expect(stage.route).toEqual([['v1', 100]])

    await stage.until('Observing', preparing)
    expect(stage.subsets).toContain(CANARY)
  })

  it('takes a canary that is to become the only one out of traffic first', async () => {
    const promoting = await stage.until('Promoting')
    stage.dropSubset(CANARY)
    const preparing = await stage.next(promoting)
    expect(preparing.phase).toBe('Preparing')
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('lets the way back wait, and say for what', async () => {
    const retaining = await stage.until('Retaining')
    stage.dropSubset('v1')
    const back = stage.want(retaining, { version: 'v1' })
    const problem = 'the subset of v1 is missing in the DestinationRule'
    await expect(act(stage.cluster.ports, back)).rejects.toThrow(problem)
    expect(stage.shop.status.message).toContain(problem)
    expect(stage.route).toEqual([[CANARY, 100]])
  })
})

describe('the weight of a step', () => {
  it.each([50, 30, 10])(
    'has arrived when the proxies have what %i of 100 can express of it',
    async (share) => {
      stage.divide(to('v1', share), to(undefined, 100 - share, 'images'))
      const observing = await stage.until('Observing')
      expect((await act(stage.cluster.ports, observing)).type).toBe('Passed')
    },
  )

  it('is exact in a route that gave its only destination a small weight', async () => {
    stage.divide(to('v1', 1))
    await stage.until('Observing')
    expect(stage.route).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
  })

  it('has arrived though another route sends testers to the canary, and is told as it is', async () => {
    const observing = await stage.until('Observing')
    stage.write((object) => {
      const testers = { name: 'testers', match: [{ headers: {} }], route: [to(CANARY)] }
      return { ...object, spec: { ...object.spec, http: [testers, ...(object.spec.http ?? [])] } }
    })
    expect((await act(stage.cluster.ports, observing)).type).toBe('Passed')
    expect(stage.shop.status.weight?.observed).toBe(5)
  })
})

describe('proxies that follow a moment after the first requests were counted', () => {
  it('are told of as soon as they have the weight, long before the step ends', async () => {
    const { cluster, shop } = stage
    const state = stage.start({}, { steps: [5, 100].map((weight) => ({ weight, holdMs: 60_000 })) })
    const raising = await stage.until('Raising', state)
    cluster.proxies.hold()
    const observing = await stage.next(raising)
    const attempt = new MockActivityEnvironment()
    const observed = attempt.run(observingActivities(cluster.ports).observe, observing)
    await expect.poll(() => shop.status.verdicts?.length).toBe(1)
    expect(shop.status.weight).toMatchObject({ desired: 5, observed: 0 })

    cluster.proxies.follow()
    await expect.poll(() => shop.status.weight?.observed).toBe(5)
    attempt.cancel()
    await expect(observed).rejects.toThrow('CANCELLED')
  })
})

describe('an older copy of the VirtualService that somebody writes in mid-step', () => {
  it('is drift: mark and weights come back', async () => {
    const first = await stage.until('Observing', stage.start({}, { steps: steps(5, 20, 100) }))
    const { spec, metadata } = stage.shop.virtualService
    const second = await stage.until('Observing', await stage.next(first))
    stage.write((object) => {
      const { annotations } = metadata
      return { ...object, spec, metadata: { ...object.metadata, ...(annotations && { annotations }) } }
    })
    const raising = await stage.next(second)
    expect(raising).toMatchObject({ phase: 'Raising', step: 1 })
    await stage.next(raising)
    expect(stage.route).toEqual([
      ['v1', 80],
      [CANARY, 20],
    ])
  })
})

describe('a Rollout that is deleted before its finalizer stands', () => {
  it('is not released, and leaves no mark', async () => {
    const preparing = await stage.until('Preparing')
    stage.cluster.store.delete('Rollout', ROLLOUT)
    expect((await stage.next(preparing)).phase).toBe('Done')
    expect(markOf(stage.shop.virtualService, KEY)).toBeUndefined()
    expect([stage.route, stage.shop.replicas('v2')]).toEqual([[['v1', 100]], 2])
  })
})

describe('a Rollout that is paused before the first weight', () => {
  it('in preflight is held back, and says so', async () => {
    const done = await stage.next(stage.want(stage.start(), { paused: true }))
    expect(done.phase).toBe('Done')
    expect(stage.shop.status.message).toBe('the release of v2 starts when spec.paused is false')
    expect(stage.shop.status.stableVersion).toBe('v1')
    expect(markOf(stage.shop.virtualService, KEY)).toBeUndefined()
  })

  it('while it is prepared gets no weight before it is resumed', async () => {
    const preparing = await stage.until('Preparing')
    const pause = (paused: boolean) =>
      stage.cluster.store.change('Rollout', ROLLOUT, (object) => ({ ...object, spec: { paused } }))
    pause(true)
    const prepared = act(stage.cluster.ports, preparing)
    await expect
      .poll(() => stage.shop.status.conditions?.some(({ reason }) => reason === 'Paused'))
      .toBe(true)
    expect(stage.shop.status.message).toBe('v2 is ready for 5 %, which waits for spec.paused to be false')
    expect(stage.route).toEqual([['v1', 100]])
    pause(false)
    expect((await prepared).type).toBe('Prepared')
  })
})

function steps(...weights: number[]) {
  return weights.map((weight) => ({ weight, holdMs: 0 }))
}

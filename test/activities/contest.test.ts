import { beforeEach, describe, expect, it } from 'vitest'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { to } from '../core/shop.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

/** A tool in Git's service writes the old weights, or others. */
function sync(...weights: readonly [number, number]): void {
  syncTo(to('v1', weights[0]), to(CANARY, weights[1]))
}

function syncTo(...destinations: Parameters<typeof stage.divide>): void {
  stage.divide(...destinations)
  const managedFields = [{ manager: 'argocd-controller', time: new Date().toISOString() }]
  stage.write((object) => ({ ...object, metadata: { ...object.metadata, managedFields } }))
}

/** The tool replaces the whole object, and with it our mark. */
function replace(...weights: readonly [number, number]): void {
  sync(...weights)
  stage.write(({ metadata: { annotations: _mark, ...metadata }, ...object }) => ({ ...object, metadata }))
}

/** A release at its first step, whose looks are further apart than anything that a test does. */
async function observing(): Promise<ReleaseState> {
  return stage.until('Observing', stage.start({}, { intervalMs: 500 }))
}

describe('a tool that writes its own weights in the middle of a release', () => {
  it('is counted, and named with its remedy the third time', async () => {
    stage.answer('v2', 0)
    let state = await observing()
    for (const count of [1, 2, 3]) {
      // Within an interval of the last answer.
      sync(99, 1)
      state = await stage.next(state)
      expect(state).toMatchObject({ phase: 'Raising', contest: { manager: 'argocd-controller', count } })
      state = await stage.next(state)
      expect(stage.route).toEqual([
        ['v1', 95],
        [CANARY, 5],
      ])
    }
    expect(stage.reasons.filter((reason) => reason === 'Contested')).toHaveLength(1)
    const told = stage.cluster.rollouts.events.find(({ event }) => event.reason === 'Contested')?.event
      .message
    expect(told).toContain('argocd-controller has moved the weights 3 times')
    expect(told).toContain('ignoreDifferences')
  })

  it('is counted, too, when it takes our mark along', async () => {
    stage.answer('v2', 0)
    let state = await observing()
    for (const count of [1, 2]) {
      replace(99, 1)
      state = await stage.next(state)
      expect(state).toMatchObject({ phase: 'Raising', contest: { manager: 'argocd-controller', count } })
      state = await stage.next(state)
      expect(state.phase).toBe('Observing')
    }
  })

  it('is answered within a second or so where it sends users to pods that are gone', async () => {
    stage.answer('v2', 0)
    const state = await observing()
    const contest = { manager: 'argocd-controller', count: 5, lastAt: Date.now() }
    syncTo(to('v0', 100))
    const driftedAt = Date.now()
    const event = await act(stage.cluster.ports, { ...state, driftedAt, contest })
    expect(event).toMatchObject({ type: 'Drifted', contest: { count: 6 } })
    expect(Date.now() - driftedAt).toBeGreaterThanOrEqual(1000)
  })

  it('does not keep a canary in traffic that fails under its weights', async () => {
    stage.answer('v2', 0)
    const state = await observing()
    sync(50, 50)
    stage.answer('v2', 0.5)
    const contest = { manager: 'argocd-controller', count: 5, lastAt: Date.now() }
    const event = await act(stage.cluster.ports, { ...state, driftedAt: Date.now(), contest })
    expect(event).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
    expect(stage.route).toEqual([['v1', 100]])
  })
})

it('a tool that wrote weights or subsets last is told before the first step, with the remedy', async () => {
  stage.answer('v2', 0)
  const time = new Date().toISOString()
  const fieldsV1 = { 'f:spec': { 'f:http': {} } }
  const managedFields = [{ manager: 'kustomize-controller', operation: 'Apply', time, fieldsV1 }]
  stage.write((object) => ({ ...object, metadata: { ...object.metadata, managedFields } }))
  await stage.until('Preparing')
  const told = stage.cluster.rollouts.events.filter(({ event }) => event.reason === 'ManagedElsewhere')
  expect(told).toHaveLength(1)
  expect(told[0]?.event.message).toContain(
    'kustomize-controller wrote the weights of VirtualService shop/reviews',
  )
  expect(told[0]?.event.message).toContain('kustomize.toolkit.fluxcd.io/ssa')
})

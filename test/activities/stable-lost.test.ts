import { requestsAt } from '../core/analysis/looks.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { markOf } from '../../src/core/traffic/mark.ts'
import { subsetName, withoutSubset } from '../../src/core/traffic/subsets.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { KEY, SERVICE, aDestinationRule, aSubset } from '../core/shop.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Ports } from '../../src/ports.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')
const ALL_TO_CANARY = [
  ['v1', 0],
  [CANARY, 100],
]

let stage: Stage
let observing: ReleaseState
beforeEach(async () => {
  stage = new Stage()
  stage.answer('v2', 0)
  observing = await stage.until('Observing')
})

/** The stable version has lost its pods, and the canary has all traffic. */
async function standIn(): Promise<ReleaseState> {
  stage.shop.setReady('v1', false)
  const raising = await stage.next(observing)
  expect(raising).toMatchObject({ phase: 'Raising', stableLost: true })
  return stage.next(raising)
}

/** How many verdicts rest on requests of the canary. */
function seen(): number {
  const { judgements } = stage.cluster.reporter
  return judgements.filter(({ verdict }) => verdict !== 'NoData').length
}

/** What speaks against the canary. */
function keptOf({ evidence }: ReleaseState) {
  const { release, strands } = evidence?.metrics['error-rate'] ?? { strands: [] }
  return { release, bets: strands.map(({ bets }) => bets.limit) }
}

describe('a stable version whose pods vanish in mid-release', () => {
  it('leaves all traffic to the canary, and the release says why it waits', async () => {
    await standIn()
    expect(stage.route).toEqual(ALL_TO_CANARY)
    expect(stage.reasons).toContain('StableLost')
    expect(stage.shop.status.message).toBe(
      'no pod of v1 is ready; v2 has all traffic until one is, and the release waits',
    )
    expect(stage.shop.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Reconciling', status: 'True', reason: 'StableLost' }),
    )
  })

  it('is told with the weight that the proxies have, as soon as they have it', async () => {
    const state = await standIn()
    const standing = act(stage.cluster.ports, state)
    await expect.poll(() => stage.shop.status.weight).toMatchObject({ desired: 100, observed: 100 })
    expect(stage.shop.status.release?.phase).toBe('Observing')
    stage.shop.setReady('v1', true)
    expect((await standing).type).toBe('StableBack')
  })

  it('gets its share again as soon as one is ready, and the release goes on to its end', async () => {
    const state = await standIn()
    stage.shop.setReady('v1', true)
    const raising = await stage.next(state)
    expect(raising.phase).toBe('Raising')
    await stage.next(raising)
    expect(stage.route).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
    await stage.until('Done', raising)
    expect(stage.route).toEqual([[CANARY, 100]])
  })

  it('lets none of what was seen of the canary be forgotten, however often that happens', async () => {
    const plan = { ...observing.plan, steps: [5, 100].map((weight) => ({ weight, holdMs: 3_600_000 })) }
    const watching = stage.next({ ...observing, plan })
    await expect.poll(seen).toBeGreaterThan(0)
    stage.shop.setReady('v1', false)
    const lost = await watching
    expect(requestsAt(lost.evidence)).toBeGreaterThan(0)

    const standing = await stage.next(lost)
    stage.shop.setReady('v1', true)
    const back = await stage.next(standing)
    expect(requestsAt(back.evidence)).toBe(0)
    expect(keptOf(back)).toEqual(keptOf(lost))
  })

  it('gets nothing back by an abort before it can answer, and nothing raises the canary meanwhile', async () => {
    const lowering = stage.want(await standIn(), { version: 'v1' })
    expect(lowering.phase).toBe('Lowering')
    await expect(act(stage.cluster.ports, lowering)).rejects.toThrow(
      'no pod of v1 is ready; v2 keeps its traffic',
    )
    expect(stage.route).toEqual(ALL_TO_CANARY)
    expect(markOf(stage.shop.virtualService, KEY)?.halted).toBe(true)

    stage.shop.setReady('v1', true)
    await stage.until('Done', lowering)
    expect(stage.route).toEqual([['v1', 100]])
    expect(stage.subsets).toEqual(['v1'])
  })

  it('gets all back when the canary has no pods either', async () => {
    const state = await standIn()
    stage.shop.setReady('v2', false)
    const preparing = await stage.next(state)
    expect(preparing.phase).toBe('Preparing')
    expect(stage.route).toEqual([['v1', 100]])
  })
})

/** The subset is gone. */
function take(subset: string): void {
  const { spec } = withoutSubset(stage.shop.destinationRule, subset)
  stage.cluster.store.replace({ ...stage.shop.destinationRule, spec })
}

/** An API server that refuses writes of the DestinationRule. */
function refusing(): Ports {
  const { ports } = stage.cluster
  const write: Ports['mesh']['write'] = async (object) => {
    if (object.kind === 'DestinationRule') throw new RefusedError('the API server answered 403: not yours')
    return ports.mesh.write(object)
  }
  const mesh = { ...ports.mesh, write }
  return { ...ports, mesh }
}

describe('in mid-step', () => {
  it('subsets that a stranger took away are put back at once, and the step goes on', async () => {
    stage.cluster.store.replace({
      ...stage.shop.destinationRule,
      spec: {
        ...withoutSubset(withoutSubset(stage.shop.destinationRule, 'v1'), CANARY).spec,
        host: 'reviews',
      },
    })
    const after = await stage.next(observing)
    expect(after).toMatchObject({ phase: 'Raising', step: 1 })
    expect(stage.subsets.toSorted()).toEqual(['v1', CANARY])
    expect(stage.reasons).toContain('Drifted')
  })

  it('a canary whose subset cannot be put back loses its weight, and is prepared anew', async () => {
    take(CANARY)
    const lost = await act(refusing(), observing)
    expect(lost).toMatchObject({ type: 'CanaryLost' })
    expect((lost as { message: string }).message).toContain('cannot be put back: the API server answered 403')
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('a canary is judged though the subset of stable cannot be put back', async () => {
    take('v1')
    stage.answer('v2', 0.5)
    expect(await act(refusing(), observing)).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
  })

  it('a DestinationRule that is deleted and made anew gets the subsets of the release again', async () => {
    stage.cluster.store.delete('DestinationRule', SERVICE)
    const going = act(stage.cluster.ports, {
      ...observing,
      plan: { ...observing.plan, intervalMs: 3_600_000 },
    })
    stage.cluster.store.create(aDestinationRule([aSubset('v0')]))
    await expect.poll(() => stage.subsets).toEqual(['v0', 'v1', CANARY])
    stage.shop.setReady('v2', false)
    await going
  })

  it('a Service that is deleted takes no pods along', async () => {
    stage.cluster.store.delete('Service', SERVICE)
    const after = await stage.next(observing)
    expect(after).toMatchObject({ phase: 'Raising', step: 1, losses: 0 })
    expect(stage.reasons).not.toContain('CanaryLost')
  })
})

it('a canary that is prepared waits for a DestinationRule that is on its way to be made anew', async () => {
  const fresh = new Stage()
  fresh.answer('v2', 0)
  const preparing = await fresh.until('Preparing')
  fresh.cluster.store.delete('DestinationRule', SERVICE)
  const going = act(fresh.cluster.ports, preparing)
  await expect.poll(() => markOf(fresh.shop.virtualService, KEY)?.canary).toBe('v2')
  fresh.cluster.store.create(aDestinationRule())
  expect((await going).type).toBe('Prepared')
})

import { expect, it } from 'vitest'
import type { RawRollout } from '../../src/api/v1alpha1/rollout.ts'
import { Neighbours } from '../../src/controller/neighbours.ts'
import type { RolloutStore, Seen } from '../../src/ports.ts'

const OLDER = { namespace: 'shop', name: 'older' }

function rollout(name: string, generation: number, status: 'True' | 'False'): RawRollout {
  const meta = { name, namespace: 'shop', uid: name, generation, resourceVersion: '1', finalizers: [] }
  const condition = {
    type: 'Stalled',
    status,
    reason: 'PreflightFailed',
    message: '',
    lastTransitionTime: '',
  }
  return { meta: { ...meta, creationTimestamp: '' }, spec: {}, status: { conditions: [condition] } }
}

function storeOf(rollouts: RawRollout[]): RolloutStore {
  const get = ({ name }: { name: string }) => rollouts.find(({ meta }) => meta.name === name)
  return { get, list: () => rollouts } as unknown as RolloutStore
}

function seen(gone: boolean): Seen {
  return { kind: 'Rollout', object: OLDER, gone }
}

it('those that wait go on when one goes that was there before the controller', () => {
  const rollouts = [rollout('older', 1, 'False'), rollout('waits', 1, 'True'), rollout('fine', 1, 'False')]
  const neighbours = new Neighbours(storeOf(rollouts))
  rollouts.shift()
  expect(neighbours.ofChanged(seen(true)).map(({ meta }) => meta.name)).toEqual(['waits'])
})

it('those that wait go on when a spec changes, not when a status does', () => {
  const rollouts = [rollout('older', 1, 'False'), rollout('waits', 1, 'True')]
  const neighbours = new Neighbours(storeOf(rollouts))
  expect(neighbours.ofChanged(seen(false))).toEqual([])
  rollouts[0] = rollout('older', 2, 'False')
  expect(neighbours.ofChanged(seen(false)).map(({ meta }) => meta.name)).toEqual(['waits'])
  expect(neighbours.ofChanged(seen(false))).toEqual([])
})

it('one that is new concerns nobody', () => {
  const rollouts = [rollout('waits', 1, 'True')]
  const neighbours = new Neighbours(storeOf(rollouts))
  rollouts.push(rollout('older', 1, 'False'))
  expect(neighbours.ofChanged(seen(false))).toEqual([])
})

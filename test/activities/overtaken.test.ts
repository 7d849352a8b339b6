import { beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/core/plan.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

/** Asks for another version, by the next generation of the Rollout. */
function edit(state: ReleaseState, version: string): ReleaseState {
  const plan: Plan = { ...state.wanted.plan, generation: state.wanted.plan.generation + 1 }
  return stage.want(state, { version, plan })
}

describe('a preflight that a later one of its workflow overtook', () => {
  it('does not write over what that told', async () => {
    const refused = await stage.next(stage.start({ version: 'v8' }))
    const slow = edit(refused, 'v9')
    const fast = edit(slow, 'v10')
    expect([refused.phase, slow.phase, fast.phase]).toEqual(['Refused', 'Preflight', 'Preflight'])

    expect((await stage.next(fast)).phase).toBe('Refused')
    const told = stage.shop.status
    expect(told.message).toContain('version=v10')
    await expect(act(stage.cluster.ports, slow)).rejects.toThrow(
      'a later action of the workflow has looked since',
    )
    expect(stage.shop.status).toEqual(told)
  })

  it('is not known as such by its second attempt, which may find what the first has written', async () => {
    const refused = await stage.next(stage.start({ version: 'v8' }))
    const next = edit(refused, 'v9')
    await act(stage.cluster.ports, next)
    expect((await act(stage.cluster.ports, next, 2)).type).toBe('Refused')
    expect(stage.shop.status.message).toContain('version=v9')
  })
})

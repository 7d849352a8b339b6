import { describe, expect, it } from 'vitest'
import { readState } from '../../../src/core/machine/older.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { aPlan, aState, aWanted } from '../shop.ts'

/** As plans were while a release moved one route of one VirtualService. */
function anOlderPlan(changes: object = {}): Plan {
  const { virtualServices: _new, capacity: _newer, ...rest } = aPlan()
  return { ...rest, virtualService: 'reviews', ...changes } as object as Plan
}

describe('a release that began with an earlier version', () => {
  it.each<[string, object, Plan['virtualServices']]>([
    ['one route', { route: 'primary' }, [{ name: 'reviews', routes: ['primary'] }]],
    ['the only route', {}, [{ name: 'reviews' }]],
  ])('moves %s of its VirtualService as it did', (_, changes, virtualServices) => {
    const older = anOlderPlan(changes)
    const { plan, wanted } = readState(aState('Observing', { plan: older, wanted: aWanted({ plan: older }) }))
    expect(plan.virtualServices).toEqual(virtualServices)
    expect(wanted.plan).toEqual(plan)
    expect(plan).not.toHaveProperty('virtualService')
    expect(plan.steps).toEqual(older.steps)
  })

  it('follows the newer form where a plan has both', () => {
    const both = anOlderPlan({ virtualService: 'old', virtualServices: [{ name: 'new' }] })
    expect(readState(aState('Preflight', { plan: both })).plan.virtualServices).toEqual([{ name: 'new' }])
  })
})

it('a release of today is read as it is, fields of a later version included', () => {
  const state = { ...aState('Raising', { step: 1 }), later: { field: 1 } }
  expect(readState(state)).toEqual(state)
})

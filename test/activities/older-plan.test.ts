import { expect, it } from 'vitest'
import type { Plan } from '../../src/core/plan.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { drive } from './drive.ts'
import { Stage } from './stage.ts'

it('a release that began with a plan of an earlier version goes its way to the end', async () => {
  const stage = new Stage()
  stage.answer('v2', 0)
  const begun = stage.start()
  const { virtualServices: _new, capacity: _newer, ...rest } = begun.plan
  const plan = { ...rest, virtualService: 'reviews', route: 'primary' } as object as Plan
  const { end } = await drive(stage.cluster.ports, { ...begun, plan, wanted: { ...begun.wanted, plan } })
  expect(end.ended?.result).toBe('Promoted')
  expect(stage.route).toEqual([[subsetName('v2'), 100]])
  expect(end.plan).toEqual(plan)
})

import { expect, it } from 'vitest'
import type { Phase } from '../../../src/core/machine/state.ts'
import { servingNames, versionsInUse } from '../../../src/core/status/serving.ts'
import { aState } from '../shop.ts'

const ENDING = { result: 'RolledBack', reason: 'MetricFailed', message: 'bad', failed: true } as const

it.each<[Phase, string[] | undefined]>([
  ['Preflight', undefined],
  ['Preparing', ['v1']],
  ['Raising', ['v1', 'v2']],
  ['Observing', ['v1', 'v2']],
  ['Promoting', ['v1', 'v2']],
  ['Retaining', ['v1', 'v2']],
  ['Retiring', ['v2']],
  ['Lowering', ['v1', 'v2']],
  ['Cleaning', ['v1']],
  ['Forgetting', []],
  ['Done', ['v2']],
])('in %s these versions are in use: %j', (phase, versions) => {
  expect(versionsInUse(aState(phase))).toEqual(versions)
})

it('after a rollback stable is in use', () => {
  expect(versionsInUse(aState('Done', { ending: ENDING }))).toEqual(['v1'])
})

it('names each workload once, in order, and twenty at most', () => {
  const workload = (name: string) => ({ resource: 'deployments.apps', name })
  expect(servingNames([workload('b'), workload('a'), workload('b')])).toEqual([
    'deployments.apps/a',
    'deployments.apps/b',
  ])
  expect(servingNames(Array.from({ length: 30 }, (_, index) => workload(`w${index}`)))).toHaveLength(20)
})

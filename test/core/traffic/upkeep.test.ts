import { expect, it } from 'vitest'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import { keepSubset } from '../../../src/core/traffic/upkeep.ts'
import { KEY, ROLLOUT, aDestinationRule, aSubset } from '../shop.ts'

const BACK: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-a-2', seq: 12, stable: 'v1' }

it('a DestinationRule that a next release has taken hold of meanwhile keeps its subsets', () => {
  const rule = withMark(aDestinationRule([aSubset('v2')]), KEY, { ...BACK, canary: 'v3', seq: 14 })
  const side = { version: 'v1', subset: 'v1' }
  const edit = keepSubset(side, 'version', { version: 'v1', former: 'v2', mark: BACK })
  expect(edit(rule)).toEqual({ refused: 'Stale' })
})

import { describe, expect, it } from 'vitest'
import { inspectRoute, lacksSubset } from '../../../src/core/traffic/drift.ts'
import { claimRoute, lowerWeight, raiseWeight, reclaimRoute } from '../../../src/core/traffic/edits.ts'
import type { Edit } from '../../../src/core/traffic/edits.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, aContext, aDestinationRule, aVirtualService, to } from '../shop.ts'

/** Written at sequence 4, observed at 5. */
const WROTE = { weight: 20, weightSeq: 4 }
const raised = done(
  done(aVirtualService([to('v1', 100)]), claimRoute(aContext(3))),
  raiseWeight(aContext(4), 20),
)
const stripped = withMark(raised, KEY, undefined)

function done(object: VirtualService, edit: Edit<VirtualService>): VirtualService {
  const edited = edit(object)
  if ('refused' in edited) throw new Error(`refused: ${edited.refused}`)
  return edited.object
}

function inspect(object: VirtualService | undefined) {
  return inspectRoute(object, aContext(5), WROTE)
}

function withRoute(changes: Partial<HttpRoute>): VirtualService {
  const http = raised.spec.http?.map((route) => (route.name === 'primary' ? { ...route, ...changes } : route))
  return { ...raised, spec: { ...raised.spec, http: http ?? [] } }
}

describe('a route under observation', () => {
  it.each<[string, VirtualService | undefined, string | undefined]>([
    ['as it was written is fine', raised, undefined],
    ['with another timeout is fine', withRoute({ timeout: '9s' }), undefined],
    ['that is gone with its VirtualService is gone', undefined, 'Gone'],
    ['that was removed is gone', withRoute({ name: 'main', route: [to('v1', 100)] }), 'Gone'],
    ['with other weights has drifted', withRoute({ route: [to('v1', 90), to('v2', 10)] }), 'Drifted'],
    ['with one destination has drifted', withRoute({ route: [to('v1', 100)] }), 'Drifted'],
    ['whose mark is gone was stripped', stripped, 'Stripped'],
    ['that a later action wrote is overtaken', done(raised, lowerWeight(aContext(6), true)), 'Overtaken'],
    ['that an own attempt halted is halted', done(raised, lowerWeight(aContext(5), true)), 'Halted'],
    ['that an own attempt lowered is put back', done(raised, lowerWeight(aContext(5), false)), 'Drifted'],
    ['that an own attempt claimed again is put back', done(stripped, reclaimRoute(aContext(5))), 'Drifted'],
    [
      'whose mark stood when an attempt claimed it is fine',
      done(raised, reclaimRoute(aContext(5))),
      undefined,
    ],
    ['as it was before our write says nothing', done(aVirtualService(), claimRoute(aContext(3))), 'Old'],
  ])('%s', (_, object, kind) => {
    expect(inspect(object)?.kind).toBe(kind)
  })

  it('tells who moved the weights, and to what', () => {
    const managedFields = [
      { manager: 'sluice', time: '2026-01-01T00:00:00Z' },
      { manager: 'argocd', time: '2026-01-02T00:00:00Z' },
    ]
    const moved = withRoute({ route: [to('v1', 90), to('v2', 10)] })
    const object = { ...moved, metadata: { ...moved.metadata, managedFields } }
    expect(inspect(object)).toMatchObject({
      message: 'argocd moved the weights of VirtualService reviews to v1 90 %, v2 10 %; they are put back',
    })
    expect(inspect(stripped)).toMatchObject({ message: 'somebody removed the mark of the release' })
  })

  it('of another release is overtaken if that is later, and old if not', () => {
    const other = (seq: number) =>
      withMark(raised, KEY, { rollout: KEY, uid: 'u', release: 'v3', seq, stable: 'v1' })
    expect(inspect(other(9))?.kind).toBe('Overtaken')
    expect(inspect(other(2))?.kind).toBe('Old')
  })
})

describe('a subset', () => {
  it('is missing when the rule is, or when it is not listed', () => {
    expect(lacksSubset(undefined, 'v1')).toBe(true)
    expect(lacksSubset(aDestinationRule([]), 'v1')).toBe(true)
    expect(lacksSubset(aDestinationRule(), 'v1')).toBe(false)
  })
})

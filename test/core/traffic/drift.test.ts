import { describe, expect, it } from 'vitest'
import { injectFault } from '../../../src/core/faults/edits.ts'
import { faultsOf } from '../../../src/core/faults/record.ts'
import type { FaultRecord, Meets } from '../../../src/core/faults/record.ts'
import { inspectRoute, lacksSubset } from '../../../src/core/traffic/drift.ts'
import {
  claimRoute,
  lowerWeight,
  promoteCanary,
  raiseWeight,
  reclaimRoute,
} from '../../../src/core/traffic/edits.ts'
import type { Edit } from '../../../src/core/traffic/edits.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, ROLLOUT, aContext, aDestinationRule, aVirtualService, to } from '../shop.ts'

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

/** A fault of the release stands on the way to its own service. */
function probed(meets: Meets): VirtualService {
  const record: FaultRecord = {
    id: 'abc1234',
    name: 'probe',
    owner: KEY,
    release: { uid: ROLLOUT.uid, id: 'v2-template-1-2', seq: 5 },
    reason: 'fault probe of v2 at 20 %',
    host: 'reviews.shop.svc.cluster.local',
    injectedAt: '2026-01-01T00:00:00Z',
    expiresAt: '2026-01-01T00:01:00Z',
    meets,
    routes: ['primary'],
    abort: { percent: 5, httpStatus: 503 },
  }
  return done(raised, injectFault(record, 'shop'))
}

describe.each<Meets>([
  { kind: 'Header', name: 'x-sluice-probe', value: 'abc', subset: 'v2' },
  { kind: 'Everybody' },
])('a fault of our own for $kind in a managed route', (meets) => {
  it('is no drift', () => {
    expect(probed(meets).spec.http?.map(({ name }) => name)).toContain('sluice-fault-abc1234-1')
    expect(inspect(probed(meets))).toBeUndefined()
  })

  it('hides no drift of the route itself', () => {
    const object = probed(meets)
    const http = object.spec.http?.map((route) =>
      route.name === 'primary' ? { ...route, route: [to('v1', 90), to('v2', 10)] } : route,
    )
    expect(inspect({ ...object, spec: { ...object.spec, http: http ?? [] } })).toMatchObject({
      kind: 'Drifted',
    })
  })

  it.each([
    ['lowered', lowerWeight(aContext(6), true)],
    ['raised', raiseWeight(aContext(6), 50)],
    ['promoted', promoteCanary(aContext(6))],
  ])('is gone when weights are %s, as if it had never been', (_, edit) => {
    expect(done(probed(meets), edit).spec).toEqual(done(raised, edit).spec)
    expect(faultsOf(done(probed(meets), edit))).toEqual([])
  })
})

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

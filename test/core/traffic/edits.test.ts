import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TrafficContext } from '../../../src/core/traffic/context.ts'
import {
  addSubset,
  claimRoute,
  forget,
  forgetIdle,
  lowerWeight,
  promoteCanary,
  raiseWeight,
  reclaimRoute,
  settleRoute,
  settleRule,
} from '../../../src/core/traffic/edits.ts'
import type { Edit } from '../../../src/core/traffic/edits.ts'
import { markOf, withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../src/core/traffic/types.ts'
import { cases } from '../property.ts'
import { KEY, V1, aContext, aDestinationRule, aSubset, aVirtualService, primary, to } from '../shop.ts'

const OTHER_RELEASE = { ...aContext(9).writer, release: 'v3-x-1' }

function done<T extends MeshObject>(object: T, edit: Edit<T>): T {
  const edited = edit(object)
  if ('refused' in edited) throw new Error(`refused: ${edited.refused}`)
  return edited.object
}

function refusal<T extends MeshObject>(object: T, edit: Edit<T>): string | undefined {
  const edited = edit(object)
  return 'refused' in edited ? edited.refused : undefined
}

function marked<T extends MeshObject>(object: T, changes: Partial<Mark> = {}): T {
  const mark = {
    rollout: KEY,
    uid: 'uid-reviews',
    release: 'v2-template-1-2',
    seq: 5,
    stable: 'v1',
    ...changes,
  }
  return withMark(object, KEY, mark)
}

const claimed = done(aVirtualService([to('v1', 100)]), claimRoute(aContext(3)))
const raised = done(claimed, raiseWeight(aContext(4), 20))

describe('a claim', () => {
  it('marks the route and moves no weight', () => {
    const object = aVirtualService([to('v1', 100)])
    expect(primary(claimed)).toEqual(primary(object))
    expect(markOf(claimed, KEY)).toEqual({
      rollout: KEY,
      uid: 'uid-reviews',
      release: 'v2-template-1-2',
      seq: 3,
      stable: 'v1',
      canary: 'v2',
      weight: 0,
      routes: [{ route: 'primary', share: 100 }],
    })
  })

  it('takes the weight back that a delayed attempt of the same release gave', () => {
    const again = done(raised, claimRoute(aContext(6)))
    expect(primary(again).route?.map(({ weight }) => weight)).toEqual([100, 0])
  })

  it('of a route that a stranger replaced touches no weight', () => {
    const stripped = withMark(raised, KEY, undefined)
    expect(primary(done(stripped, claimRoute(aContext(6))))).toEqual(primary(raised))
    expect(primary(done(stripped, reclaimRoute(aContext(6))))).toEqual(primary(raised))
    expect(markOf(done(stripped, reclaimRoute(aContext(6))), KEY)).toMatchObject({ seq: 6, canary: 'v2' })
  })

  it('leaves a mark of the release as it is where only weights were moved', () => {
    expect(done(raised, reclaimRoute(aContext(6)))).toEqual(raised)
  })

  it('is refused where no such route is', () => {
    const context = aContext(3, { route: { ...aContext(3).route, names: ['main'] } })
    expect(refusal(aVirtualService(), claimRoute(context))).toBe('NoRoute')
    expect(refusal(aVirtualService(), reclaimRoute(context))).toBe('NoRoute')
  })
})

describe('a raise', () => {
  it('divides the share and says so in the mark', () => {
    expect(primary(raised).route).toEqual([to('v1', 80), to('v2', 20)])
    expect(markOf(raised, KEY)).toMatchObject({ seq: 4, weight: 20, canary: 'v2', routes: [{ share: 100 }] })
  })

  it.each<[string, VirtualService]>([
    ['Halted', aVirtualService()],
    ['Stale', marked(aVirtualService(), { seq: 99 })],
    ['Stale', marked(aVirtualService(), { release: 'v3-x-1' })],
    ['Stale', marked(aVirtualService(), { uid: 'uid-of-an-older-one' })],
    ['Halted', marked(aVirtualService(), { halted: true })],
  ])('is refused as %s', (expected, object) => {
    expect(refusal(object, raiseWeight(aContext(9), 50))).toBe(expected)
    expect(refusal(object, promoteCanary(aContext(9)))).toBe(expected)
  })

  it('is not possible after the release was lowered for good, whatever its sequence', () => {
    const over = done(raised, lowerWeight(aContext(5), true))
    expect(refusal(over, raiseWeight(aContext(4), 50))).toBe('Stale')
    expect(refusal(over, raiseWeight(aContext(50), 50))).toBe('Halted')
  })
})

describe('lowering', () => {
  it('needs no mark, and leaves none that lets a delayed raise through', () => {
    const stripped = withMark(raised, KEY, undefined)
    expect(markOf(done(stripped, lowerWeight(aContext(5), false)), KEY)).toBeUndefined()
    expect(markOf(done(stripped, lowerWeight(aContext(5), true)), KEY)).toMatchObject({ halted: true })
  })

  it('is done by anybody of ours who is not behind', () => {
    const other = aContext(9, { writer: OTHER_RELEASE })
    expect(primary(done(raised, lowerWeight(other, true))).route).toEqual([to('v1', 100)])
    const behind = aContext(3)
    expect(refusal(raised, lowerWeight(behind, true))).toBe('Stale')
  })

  it('names no canary in the mark once the release is over', () => {
    expect(markOf(done(raised, lowerWeight(aContext(5), true)), KEY)).not.toHaveProperty('canary')
    expect(markOf(done(raised, lowerWeight(aContext(5), false)), KEY)).toMatchObject({ canary: 'v2' })
  })

  it('keeps a release over that was marked so, also when a gentler one comes later', () => {
    const over = done(raised, lowerWeight(aContext(5), true))
    expect(markOf(done(over, lowerWeight(aContext(6), false)), KEY)).toMatchObject({ halted: true })
  })

  it('finds the route under another name, by the two versions that it names', () => {
    const http = (raised.spec.http ?? []).map((route) =>
      route.name === 'primary' ? { ...route, names: ['main'] } : route,
    )
    const renamed = { ...raised, spec: { ...raised.spec, http } }
    const lowered = done(renamed, lowerWeight(aContext(5), true))
    expect(lowered.spec.http?.[1]?.route).toEqual([to('v1', 100)])
  })

  it('gives back the route as it was before the release, after any raises', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 6 })
    const share = fc.option(fc.integer({ min: 2, max: 200 }), { nil: undefined })
    fc.assert(
      fc.property(weights, share, fc.boolean(), (steps, total, foreign) => {
        const others = foreign ? [to(undefined, 30, 'ratings')] : []
        const before = aVirtualService([...others, to('v1', total)])
        const edits = [
          claimRoute(aContext(1)),
          ...steps.map((weight, at) => raiseWeight(aContext(2 + at), weight)),
        ]
        const during = edits.reduce<VirtualService>(done, before)
        const after = done(during, lowerWeight(aContext(50), true))
        expect(withMark(after, KEY, undefined)).toEqual(before)
      }),
      cases(500),
    )
  })
})

describe('an object of another namespace that allows nothing', () => {
  const context = aContext(20)
  const elsewhere = (object: VirtualService): VirtualService => ({
    ...object,
    metadata: { ...object.metadata, namespace: 'team-b' },
  })
  const host = 'reviews.shop.svc.cluster.local'
  const named = elsewhere(aVirtualService([to('v1', 60, host), to('v2', 40, host)]))
  const unnamed = elsewhere(aVirtualService([to('v1', 60, host), to('v3', 40, host)]))

  it('is lowered where its route names the canary, or our mark stands', () => {
    expect(primary(done(named, lowerWeight(context, true))).route).toEqual([to('v1', 100, host)])
    const held = marked(unnamed, { canary: 'v2', routes: [{ route: 'primary', share: 100 }] })
    expect(primary(done(held, lowerWeight(context, true))).route).toEqual([to('v1', 100, host)])
    expect(markOf(done(held, settleRoute({ ...context, canary: V1 })), KEY)).toMatchObject({ seq: 20 })
  })

  it('is left alone, and gets no mark, where there is nothing of ours', () => {
    expect(refusal(unnamed, lowerWeight(context, true))).toBe('NotAllowed')
    expect(refusal(unnamed, lowerWeight(context, false))).toBe('NotAllowed')
    expect(refusal(unnamed, settleRoute({ ...context, canary: V1 }))).toBe('NotAllowed')
  })
})

describe('a promotion', () => {
  it('leaves the canary alone in the route, with the share as it was', () => {
    const promoted = done(raised, promoteCanary(aContext(8)))
    expect(primary(promoted).route).toEqual([to('v2', 100)])
    expect(markOf(promoted, KEY)).toEqual({
      rollout: KEY,
      uid: 'uid-reviews',
      release: 'v2-template-1-2',
      seq: 8,
      stable: 'v2',
      weight: 0,
      routes: [{ route: 'primary', share: 100 }],
    })
  })

  it('has no weight where none was written before', () => {
    const bare = done(aVirtualService([to('v1')]), claimRoute(aContext(3)))
    const promoted = done(done(bare, raiseWeight(aContext(4), 100)), promoteCanary(aContext(5)))
    expect(primary(promoted).route).toEqual([to('v2')])
  })
})

describe('what the share of a release is', () => {
  it('is read anew after another release ended, since the owner may have changed it', () => {
    const over = done(raised, lowerWeight(aContext(5), true))
    const changed = aVirtualService([to(undefined, 30, 'ratings'), to('v1', 70)])
    const edited = { ...over, spec: changed.spec }
    const next = aContext(9, { writer: OTHER_RELEASE, canary: { version: 'v3', subset: 'v3' } })
    const during = done(done(edited, claimRoute(next)), raiseWeight(next, 50))
    expect(primary(during).route).toEqual([to(undefined, 30, 'ratings'), to('v1', 35), to('v3', 35)])
  })
})

describe('each edit of a route', () => {
  const edits: Record<string, (context: TrafficContext) => Edit<VirtualService>> = {
    claimRoute,
    reclaimRoute,
    raiseWeight: (context) => raiseWeight(context, 35),
    lowerWeight: (context) => lowerWeight(context, false),
    halt: (context) => lowerWeight(context, true),
    promoteCanary,
  }
  const starts: Record<string, VirtualService> = { claimed, raised }

  it.each(Object.keys(edits).flatMap((name) => Object.keys(starts).map((start) => [name, start] as const)))(
    '%s of a route that is %s is the same done twice as once',
    (name, start) => {
      const edit = edits[name]?.(aContext(7))
      const object = starts[start]
      if (edit === undefined || object === undefined) throw new Error('no such row')
      const once = done(object, edit)
      expect(done(once, edit)).toEqual(once)
    },
  )
})

describe('the canary in the DestinationRule', () => {
  const context = aContext(4)
  const rule = aDestinationRule([aSubset('v1'), { name: 'tools', labels: { app: 'tools' } }])
  const added = done(rule, addSubset(context, 'version'))

  it("gets stable's subset with the labels changed, listed as ours", () => {
    expect(added.spec.subsets).toEqual([...(rule.spec.subsets ?? []), aSubset('v2', { name: 'v2' })])
    expect(markOf(added, KEY)).toMatchObject({ subsets: ['v2'], canary: 'v2', seq: 4 })
    expect(done(added, addSubset(context, 'version'))).toEqual(added)
  })

  it('keeps a subset that selects its version already, which is not ours then', () => {
    const both = aDestinationRule([aSubset('v1'), aSubset('v2', { name: 'canary' })])
    const named = { ...context, canary: { version: 'v2', subset: 'canary' } }
    const after = done(both, addSubset(named, 'version'))
    expect(after.spec).toEqual(both.spec)
    expect(markOf(after, KEY)).not.toHaveProperty('subsets')
  })

  it("is like the subset of stable's that has the traffic, of several", () => {
    const eu = aSubset('v1', { name: 'v1-eu', labels: { version: 'v1', region: 'eu' } })
    const after = done(aDestinationRule([eu, aSubset('v1')]), addSubset(context, 'version'))
    expect(after.spec.subsets).toEqual([eu, aSubset('v1'), aSubset('v2')])
  })

  it('is removed on rollback only if it is ours', () => {
    const ended = { ...aContext(6), canary: V1 }
    const gone = done(added, settleRule(ended, { subset: 'v2', onlyIfOurs: true }))
    expect(gone.spec).toEqual(rule.spec)
    expect(markOf(gone, KEY)).toEqual({
      rollout: KEY,
      uid: 'uid-reviews',
      release: 'v2-template-1-2',
      seq: 6,
      stable: 'v1',
    })
    const theirs = marked(aDestinationRule([aSubset('v1'), aSubset('v2')]))
    expect(done(theirs, settleRule(ended, { subset: 'v2', onlyIfOurs: true })).spec).toEqual(theirs.spec)
  })

  it('outlives the old version, whoever made that', () => {
    const ended = { ...aContext(6), stable: context.canary }
    const after = done(added, settleRule(ended, { subset: 'v1', onlyIfOurs: false }))
    expect(after.spec.subsets?.map(({ name }) => name)).toEqual(['tools', 'v2'])
    expect(markOf(after, KEY)).toMatchObject({ stable: 'v2', subsets: ['v2'] })
  })

  it('stays where a stranger names it', () => {
    const after = done(added, settleRule({ ...aContext(6), canary: V1 }, undefined))
    expect(after.spec).toEqual(added.spec)
    expect(markOf(after, KEY)).toMatchObject({ subsets: ['v2'] })
  })

  it('is not touched by a writer that is behind', () => {
    expect(refusal(added, addSubset(aContext(3), 'version'))).toBe('Stale')
    expect(refusal(added, settleRule(aContext(3), undefined))).toBe('Stale')
  })
})

describe('forgetting', () => {
  it('takes the mark away and nothing else', () => {
    const writer = aContext(9).writer
    expect(done(claimed, forget<VirtualService>(writer))).toEqual(aVirtualService([to('v1', 100)]))
    expect(refusal(claimed, forget<VirtualService>({ ...writer, seq: 2 }))).toBe('Stale')
  })

  it('of a Rollout that is gone leaves the mark of a release that was never ended', () => {
    expect(refusal(raised, forgetIdle<VirtualService>(KEY))).toBe('Halted')
    const over = done(raised, lowerWeight(aContext(5), true))
    expect(markOf(done(over, forgetIdle<VirtualService>(KEY)), KEY)).toBeUndefined()
    const rule: DestinationRule = aDestinationRule()
    expect(done(rule, forgetIdle<DestinationRule>(KEY))).toEqual(rule)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HELD_ANNOTATION } from '../../../src/api/names.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import {
  autoscalerOf,
  giveBackFloor,
  holdEndsAt,
  holdFloor,
  holdOf,
  holdText,
} from '../../../src/core/policy/floors.ts'
import type { AutoscalerView, FloorEdit, Hold } from '../../../src/core/policy/floors.ts'

const WRITER = { rollout: 'shop/reviews', uid: 'uid-1', release: 'v2-a-1', seq: 5 }
const LATER = { ...WRITER, release: 'v3-b-9', seq: 9 }
const TARGET = { group: 'apps', kind: 'Deployment', name: 'reviews-v1' }

function anAutoscaler(changes: Partial<AutoscalerView> = {}): AutoscalerView {
  return { namespace: 'shop', name: 'reviews-v1', target: TARGET, minReplicas: 1, maxReplicas: 9, ...changes }
}

function after(view: AutoscalerView, edit: FloorEdit): AutoscalerView {
  const floor = edit(view)
  if (floor === undefined) return view
  const { hold: _old, ...rest } = view
  return { ...rest, ...floor }
}

describe('a floor that is held', () => {
  it('is raised, and the old one kept in mind', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    expect(held).toMatchObject({ minReplicas: 4, hold: { ...WRITER, original: 1, floor: 4 } })
  })

  it('is not touched where it is high enough', () => {
    expect(holdFloor(WRITER, 4)(anAutoscaler({ minReplicas: 6 }))).toBeUndefined()
  })

  it('is at most what the autoscaler allows', () => {
    expect(after(anAutoscaler({ maxReplicas: 3 }), holdFloor(WRITER, 4))).toMatchObject({
      minReplicas: 3,
      hold: { floor: 3 },
    })
  })

  it('twice is held once', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    expect(holdFloor(WRITER, 4)(held)).toBeUndefined()
    expect(holdFloor({ ...WRITER, seq: 6 }, 3)(held)).toBeUndefined()
    const higher = after(held, holdFloor({ ...WRITER, seq: 6 }, 5))
    expect(higher).toMatchObject({ minReplicas: 5, hold: { original: 1, floor: 5 } })
  })

  it('is held again when somebody lowers it, whose wish is kept in mind', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    const again = after({ ...held, minReplicas: 2 }, holdFloor(WRITER, 4))
    expect(again).toMatchObject({ minReplicas: 4, hold: { original: 2, floor: 4 } })
  })

  it('stays as high as somebody raises it', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    expect(holdFloor(WRITER, 4)({ ...held, minReplicas: 7 })).toBeUndefined()
  })

  it('is taken over by the next release, and not by one that is behind', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    const taken = after(held, holdFloor(LATER, 3))
    expect(taken).toMatchObject({ minReplicas: 4, hold: { ...LATER, original: 1, floor: 4 } })
    expect(holdFloor(WRITER, 8)(taken)).toBeUndefined()
  })

  it('is left to another Rollout while it is high enough', () => {
    const other = { ...WRITER, rollout: 'shop/other', uid: 'uid-2' }
    const held = after(anAutoscaler(), holdFloor(other, 4))
    expect(holdFloor(WRITER, 4)(held)).toBeUndefined()
    expect(after(held, holdFloor(WRITER, 5)).hold).toMatchObject({ ...WRITER, original: 1 })
  })
})

describe('a floor that is given back', () => {
  it('is what it was', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    expect(after(held, giveBackFloor(WRITER))).toEqual(anAutoscaler())
  })

  it('is what somebody else wants meanwhile', () => {
    const held = after(anAutoscaler(), holdFloor(WRITER, 4))
    expect(after({ ...held, minReplicas: 2 }, giveBackFloor(WRITER))).toEqual(
      anAutoscaler({ minReplicas: 2 }),
    )
  })

  it('is not given back by a release that is behind, or by another Rollout', () => {
    const held = after(anAutoscaler(), holdFloor(LATER, 4))
    expect(giveBackFloor(WRITER)(held)).toBeUndefined()
    expect(giveBackFloor({ ...LATER, rollout: 'shop/other' })(held)).toBeUndefined()
    expect(giveBackFloor(LATER)(anAutoscaler())).toBeUndefined()
  })

  it('is given back by a Rollout that was made anew', () => {
    const held = after(anAutoscaler(), holdFloor(LATER, 4))
    expect(after(held, giveBackFloor({ ...WRITER, uid: 'uid-9', seq: 1 }))).toEqual(anAutoscaler())
  })

  it('is exact, however often it was held, and whatever others wrote meanwhile', () => {
    const writes = fc.array(
      fc.oneof(fc.record({ hold: fc.nat(12) }), fc.record({ theirs: fc.integer({ min: 1, max: 9 }) })),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), writes, (original, history) => {
        let view = anAutoscaler({ minReplicas: original })
        let wanted = original
        for (const write of history) {
          if ('hold' in write) view = after(view, holdFloor(WRITER, write.hold))
          // What is exactly our floor cannot be told from it.
          else if (write.theirs !== view.minReplicas && write.theirs !== view.hold?.floor) {
            view = { ...view, minReplicas: write.theirs }
            wanted = write.theirs
          }
        }
        expect(after(view, giveBackFloor(WRITER))).toEqual(anAutoscaler({ minReplicas: wanted }))
      }),
    )
  })
})

describe('the annotation of a hold', () => {
  const hold: Hold = { ...WRITER, original: 1, floor: 4 }

  it('tells it again', () => {
    expect(holdOf({ [HELD_ANNOTATION]: holdText(hold) })).toEqual(hold)
  })

  it.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a hold without a floor', JSON.stringify({ ...hold, floor: undefined })],
    ['a hold of half a pod', JSON.stringify({ ...hold, original: 0.5 })],
    ['a hold by a number', JSON.stringify({ ...hold, uid: 7 })],
  ])('with %s is none', (_, text) => {
    expect(holdOf(text === undefined ? {} : { [HELD_ANNOTATION]: text })).toBeUndefined()
  })
})

describe('the end of a hold that no release ends', () => {
  const hold: Hold = { ...WRITER, original: 1, floor: 4 }
  const at = (phase: string, seq = 20, result?: string) => {
    const history = [{ result, finishedAt: '2026-01-02T03:04:05Z' }]
    const status = { release: { phase, seq }, ...(result !== undefined && { history }) }
    return holdEndsAt(hold, {
      uid: 'uid-1',
      status: status as unknown as RolloutStatus,
      keepMs: 60_000,
      isMarked: () => false,
    })
  }

  it('is at once when the Rollout is gone, or another one', () => {
    expect(holdEndsAt(hold, undefined)).toBe(0)
    expect(holdEndsAt(hold, { uid: 'uid-2', status: {}, keepMs: 1, isMarked: () => true })).toBe(0)
  })

  it('is not in sight while a release is under way, or has just begun', () => {
    expect(at('Observing')).toBeUndefined()
    expect(at('Retaining')).toBeUndefined()
    expect(at('Done', 4)).toBeUndefined()
    expect(holdEndsAt(hold, { uid: 'uid-1', status: {}, keepMs: 1, isMarked: () => true })).toBeUndefined()
  })

  it('is at once where the status was lost and no mark tells of a release', () => {
    expect(holdEndsAt(hold, { uid: 'uid-1', status: {}, keepMs: 1, isMarked: () => false })).toBe(0)
  })

  it('is at once after a promotion', () => {
    expect(at('Done', 20, 'Promoted')).toBe(0)
  })

  it.each(['RolledBack', 'Superseded'])('is some time after a release that was %s', (result) => {
    expect(at('Done', 20, result)).toBe(Date.parse('2026-01-02T03:05:05Z'))
    expect(at('Refused', 20, result)).toBe(Date.parse('2026-01-02T03:05:05Z'))
  })
})

describe('the autoscaler of a workload', () => {
  const workload = { namespace: 'shop', name: 'reviews-v1', kind: 'Deployment', resource: 'deployments.apps' }

  it('is the one that names it', () => {
    expect(autoscalerOf(workload, [anAutoscaler()])).toBeDefined()
  })

  it.each([
    ['name', { target: { ...TARGET, name: 'reviews-v2' } }],
    ['kind', { target: { ...TARGET, kind: 'StatefulSet' } }],
    ['group', { target: { ...TARGET, group: 'argoproj.io' } }],
    ['namespace', { namespace: 'other' }],
  ])('is none of another %s', (_, changes) => {
    expect(autoscalerOf(workload, [anAutoscaler(changes)])).toBeUndefined()
  })
})

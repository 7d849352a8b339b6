import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import { bearsFaults, departuresOf, isLeaving, nextExpiryMs } from '../../../src/core/faults/leaving.ts'
import type { Look } from '../../../src/core/faults/leaving.ts'
import { madeVirtualService } from '../../../src/core/faults/made.ts'
import { overtaken } from '../../../src/core/faults/overtaken.ts'
import { withFaultRecords } from '../../../src/core/faults/record.ts'
import type { FaultRecord } from '../../../src/core/faults/record.ts'
import { withFaults } from '../../../src/core/faults/render.ts'
import { cases } from '../property.ts'
import { KEY, START, aVirtualService } from '../shop.ts'
import { RELEASE, aRecord, aRollout, aTarget, injected, isoAt } from './scene.ts'

/** A look so many milliseconds after START, at a Rollout whose release is under way. */
function lookAt(ms: number, seenForMs = ms, rollout: RawRollout | undefined = aRollout()): Look {
  return {
    now: START + ms,
    seenForMs: () => seenForMs,
    rollout: (key) => (key === KEY ? rollout : undefined),
  }
}

const told = (object = injected(aTarget()), look = lookAt(0)) =>
  departuresOf(object, look).map(({ why, message }) => `${why}: ${message}`)

describe('a fault', () => {
  it('stays while it has time and its action is under way, and says when to look again', () => {
    expect(told()).toEqual([])
    expect(nextExpiryMs(injected(aTarget()), lookAt(10_000))).toBe(20_000)
  })

  it('goes when it has expired', () => {
    expect(told(undefined, lookAt(29_999))).toEqual([])
    expect(told(undefined, lookAt(33_000))).toEqual([
      'Expired: fault ratings-down of shop/reviews (release v2-template-1-2) had expired 3s ago; its routes were taken out',
    ])
    expect(nextExpiryMs(injected(aTarget()), lookAt(33_000))).toBeUndefined()
  })

  it('injected by a clock that is ahead stays no longer than its own length', () => {
    const ahead = injected(aTarget(), aRecord({ injectedAt: isoAt(3_600_000), expiresAt: isoAt(3_630_000) }))
    expect(nextExpiryMs(ahead, lookAt(0))).toBe(30_000)
    expect(told(ahead, lookAt(29_999))).toEqual([])
    expect(told(ahead, lookAt(30_000))).toEqual([
      'Expired: fault ratings-down of shop/reviews (release v2-template-1-2) had stood for its 30s and would have for 1h more: the clock of whoever injected it is ahead; its routes were taken out',
    ])
  })

  it('injected by a clock that is behind goes too soon rather than too late', () => {
    const behind = injected(aTarget(), aRecord({ injectedAt: isoAt(-60_000), expiresAt: isoAt(-30_000) }))
    expect(told(behind, lookAt(0))).toHaveLength(1)
  })

  it.each([{ injectedAt: 'yesterday' }, { expiresAt: 'tomorrow' }])(
    'without a readable time goes: %o',
    (times) => {
      expect(told(injected(aTarget(), aRecord(times)))[0]).toMatch(
        /^Expired: .* had (stood|not)|did not say when it ends/,
      )
    },
  )

  it.each<[string, RawRollout | undefined, string]>([
    ['is gone', undefined, 'Rollout shop/reviews is gone'],
    ['is another one', aRollout(RELEASE, { uid: 'other' }), 'Rollout shop/reviews was deleted and made anew'],
    ['goes', aRollout(RELEASE, { deletionTimestamp: isoAt(0) }), 'Rollout shop/reviews is being deleted'],
    ['is further', aRollout({ ...RELEASE, seq: 11 }), 'the release has gone on'],
    ['releases another', aRollout({ id: 'v3', seq: 12 }), 'release v3 is under way'],
    ['begins anew', aRollout({ id: '', seq: 12 }), 'release without a name yet is under way'],
    ['has another of that sequence', aRollout({ id: 'v3', seq: 10 }), 'release v3 is under way'],
  ])('goes when its Rollout %s', (_, rollout, because) => {
    const look = { ...lookAt(0), rollout: () => rollout }
    expect(told(undefined, look)).toEqual([
      `LeftOver: fault ratings-down of shop/reviews (release v2-template-1-2) was left over: ${because}; its routes were taken out`,
    ])
  })

  it.each<[string, RawRollout]>([
    ['tells of it', aRollout()],
    ['is behind', aRollout({ ...RELEASE, seq: 9 })],
    ['tells of a release before', aRollout({ id: 'v1', seq: 7 })],
    ['tells of none', { ...aRollout(), status: {} }],
  ])('stays while the status of its Rollout %s', (_, rollout) => {
    expect(told(undefined, lookAt(0, 0, rollout))).toEqual([])
  })

  it('of no release is kept by nobody but its expiry', () => {
    const { release: _release, ...record } = aRecord({ owner: 'somebody' })
    const object = injected(aTarget(), record)
    expect(told(object)).toEqual([])
    expect(told(object, lookAt(30_000))[0]).toContain('fault ratings-down of somebody had expired 0ms ago')
  })

  it('whose routes somebody took out is over: they do not come back', () => {
    const object = withFaultRecords(aTarget(), [aRecord()])
    expect(told(object)[0]).toMatch(/^LeftOver: somebody took the routes of fault ratings-down .* out/)
  })

  it('beside others goes alone', () => {
    const soon = aRecord()
    const later = aRecord({ name: 'later', expiresAt: isoAt(60_000) })
    const object = withFaults(aTarget(), [soon, later])
    const look = lookAt(40_000)
    expect([soon, later].map(isLeaving(object, look))).toEqual([true, false])
    expect(nextExpiryMs(object, look)).toBe(20_000)
  })
})

describe('what nothing tells of', () => {
  it('are routes whose annotation somebody took away', () => {
    const { annotations: _gone, ...metadata } = injected(aTarget()).metadata
    const object = { ...injected(aTarget()), metadata }
    expect(told(object)[0]).toMatch(/^Orphaned: nothing tells whose sluice-fault-\w+-0 is, or until when/)
  })

  it('is an object that was made for faults and has none, unless it goes already', () => {
    const empty = withFaults(madeVirtualService(aRecord(), 'shop'), [])
    expect(told(empty)).toEqual(['Orphaned: it was made for faults, and there are none; it was removed'])
    const going = { ...empty, metadata: { ...empty.metadata, deletionTimestamp: isoAt(0) } }
    expect(told(going)).toEqual([])
    expect(told(madeVirtualService(aRecord(), 'shop'))).toEqual([])
  })
})

describe('an object that bears nothing of ours', () => {
  it('is told from one that does', () => {
    const made = withFaults(madeVirtualService(aRecord(), 'shop'), [])
    expect([aVirtualService(), aTarget(), aTarget([])].map(bearsFaults)).toEqual([false, false, false])
    expect([injected(aTarget()), withFaultRecords(aTarget(), [aRecord()]), made].map(bearsFaults)).toEqual([
      true,
      true,
      true,
    ])
  })
})

describe('for any clocks', () => {
  it('a fault never stays beyond its length since it was seen, nor beyond its expiry', () => {
    const time = fc.integer({ min: -100_000, max: 100_000 })
    fc.assert(
      fc.property(
        time,
        fc.nat({ max: 60_000 }),
        time,
        fc.nat({ max: 100_000 }),
        (from, length, now, seenForMs) => {
          const record: FaultRecord = aRecord({ injectedAt: isoAt(from), expiresAt: isoAt(from + length) })
          const object = injected(aTarget(), record)
          const stays = departuresOf(object, lookAt(now, seenForMs)).length === 0
          expect(stays).toBe(now < from + length && seenForMs < length)
          const leftMs = nextExpiryMs(object, lookAt(now, seenForMs))
          expect(leftMs).toBe(stays ? Math.min(from + length - now, length - seenForMs) : undefined)
          // When to look again is when it goes, not a moment earlier.
          if (leftMs !== undefined)
            expect(departuresOf(object, lookAt(now + leftMs, seenForMs + leftMs))).toHaveLength(1)
        },
      ),
      cases(300),
    )
  })

  it('of all sequences of a status only a higher one ends an action of the same release', () => {
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.boolean(), (seq, at, isSame) => {
        const status = aRollout({ id: isSame ? RELEASE.id : 'other', seq: at })
        const because = overtaken(KEY, { ...RELEASE, seq }, status)
        expect(because === undefined).toBe(at < seq || (at === seq && isSame))
      }),
      cases(300),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { FAULTS_ANNOTATION, KEEP_FAULT_ANNOTATION } from '../../../src/api/names.ts'
import { foreignFaults, removeForeign, removeUnkept } from '../../../src/core/faults/foreign.ts'
import { madeVirtualService } from '../../../src/core/faults/made.ts'
import { lookAgain, readSights, writeSights } from '../../../src/core/faults/sights.ts'
import type { Sights } from '../../../src/core/faults/sights.ts'
import { judge, overdueAmong, sightsAfter, staleAmong } from '../../../src/core/faults/sweep.ts'
import type { SweepPolicy } from '../../../src/core/faults/sweep.ts'
import { agoText, staleFault } from '../../../src/core/faults/tellings.ts'
import { START } from '../shop.ts'
import { DELAY, aRecord, probed, routed, setBy } from './shop.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const REMOVE: SweepPolicy = { foreignFaults: 'Remove', afterMs: DAY_MS }
const REPORT: SweepPolicy = { foreignFaults: 'Report', afterMs: DAY_MS }

const [fault] = foreignFaults(routed('reviews', DELAY))
const id = fault?.id ?? ''

describe('what is overdue of ours', () => {
  it('is a fault past its expiry, and not one whose time runs', () => {
    const objects = [
      probed(routed('over'), [aRecord(-1)]),
      probed(routed('now'), [aRecord(0)]),
      probed(routed('runs'), [aRecord(1)]),
      routed('none'),
    ]
    expect(overdueAmong(objects, START).map(({ object }) => object.metadata.name)).toEqual(['over', 'now'])
  })

  it('is a route of ours that no record knows, and a record that cannot be read', () => {
    const { metadata, ...rest } = probed(routed('reviews'), [aRecord(1)])
    const lost = { ...rest, metadata: { ...metadata, annotations: {} } }
    const torn = { ...rest, metadata: { ...metadata, annotations: { [FAULTS_ANNOTATION]: '[{' } } }
    for (const object of [lost, torn])
      expect(overdueAmong([object], START)).toMatchObject([
        { what: ['route sluice-fault-abc1234-0, which no record knows'] },
      ])
  })

  it('is an object that was made for a fault and has none', () => {
    const made = madeVirtualService(aRecord(1), 'shop')
    const { annotations: _, ...metadata } = made.metadata
    const http = made.spec.http?.filter(({ name }) => name === 'sluice-made') ?? []
    const left = { ...made, metadata, spec: { ...made.spec, http } }
    expect(overdueAmong([made, left], START).map(({ object }) => object)).toEqual([left])
  })
})

describe('a fault of somebody else', () => {
  it('is the same as long as its place and content are, whatever else changes', () => {
    const idOf = (object: Parameters<typeof foreignFaults>[0]) => foreignFaults(object)[0]?.id
    const object = routed('reviews', DELAY)
    const moved = { ...object, spec: { ...object.spec, hosts: ['other'] } }
    expect(idOf(moved)).toBe(id)
    expect(idOf(routed('ratings', DELAY))).not.toBe(id)
    expect(idOf(routed('reviews', { delay: { ...DELAY.delay, fixedDelay: '8s' } }))).not.toBe(id)
  })

  it('is left out where a person keeps it, and where it is ours', () => {
    const kept = routed('kept', DELAY, { [KEEP_FAULT_ANNOTATION]: 'a game day' })
    const ours = probed(routed('ours'), [aRecord(1)])
    expect(staleAmong([kept, ours, routed('none'), routed('reviews', DELAY)]).map((one) => one.id)).toEqual([
      id,
    ])
  })

  it('loses its field, and nothing else changes', () => {
    const object = probed(routed('reviews', DELAY), [aRecord(1)])
    const [copy] = object.spec.http ?? []
    expect(removeForeign(new Set([id]))(object)).toEqual({
      object: { ...object, spec: { ...object.spec, http: [copy, ...(routed('reviews').spec.http ?? [])] } },
    })
  })

  it('stays when it became another one, or a person wants to keep it', () => {
    const remove = removeUnkept(new Set([id]))
    const others = [
      routed('reviews', { abort: { httpStatus: 503 } }),
      routed('reviews', DELAY, { [KEEP_FAULT_ANNOTATION]: '' }),
    ]
    for (const object of others) expect(remove(object)).toEqual({ object })
  })

  it('in a route without a name is found by its place', () => {
    const object = routed('reviews', DELAY)
    const [{ name: _, ...route } = {}] = object.spec.http ?? []
    const nameless = { ...object, spec: { ...object.spec, http: [{ redirect: {} }, route] } }
    const [found] = foreignFaults(nameless)
    expect(found?.route).toBe('[1]')
    const edited = removeForeign(new Set([found?.id ?? '']))(nameless)
    expect('object' in edited && foreignFaults(edited.object)).toEqual([])
  })
})

describe('the judgement', () => {
  const seen = (seenAt: number, toldAt?: number): Sights =>
    new Map([[id, { seenAt, ...(toldAt !== undefined && { toldAt }) }]])
  const act = (object: ReturnType<typeof routed>, sights: Sights, policy: SweepPolicy) =>
    judge(foreignFaults(object), { sights, policy, now: START })[0]
  const object = routed('reviews', DELAY)

  it('removes nothing by default, however old it is', () => {
    expect(act(object, seen(START - 90 * DAY_MS), REPORT)?.act).toBe('Tell')
  })

  it('removes what was seen long ago, or written long ago', () => {
    expect(act(object, seen(START - DAY_MS), REMOVE)?.act).toBe('Remove')
    expect(act(setBy(object, 'kubectl', START - DAY_MS), seen(START), REMOVE)?.act).toBe('Remove')
    expect(act(setBy(object, 'kubectl', START - HOUR_MS), seen(START - DAY_MS + 1), REMOVE)?.act).toBe('Tell')
  })

  it('tells people at first sight, and then once a day', () => {
    const acts = [undefined, START - HOUR_MS, START - DAY_MS].map(
      (toldAt) => act(object, seen(START - 2 * DAY_MS, toldAt), REPORT)?.act,
    )
    expect(acts).toEqual(['Tell', 'Wait', 'Tell'])
  })

  it('takes no time from the future', () => {
    expect(act(setBy(object, 'kubectl', START + HOUR_MS), seen(START), REMOVE)?.ageMs).toBe(0)
  })
})

describe('what is remembered', () => {
  it('is what still stands, since when it was seen first', () => {
    const before: Sights = new Map([
      ['a', { seenAt: 1000, toldAt: 2000 }],
      ['gone', { seenAt: 1000 }],
    ])
    expect(lookAgain(before, ['a', 'b'], 5000)).toEqual(
      new Map([
        ['a', { seenAt: 1000, toldAt: 2000 }],
        ['b', { seenAt: 5000 }],
      ]),
    )
  })

  it('notes what people were told, and forgets what was removed', () => {
    const sights: Sights = new Map(['a', 'b', 'c'].map((one) => [one, { seenAt: 1 }]))
    const done = { told: new Set(['a']), gone: new Set(['b']) }
    expect([...sightsAfter(sights, done, 7)]).toEqual([
      ['a', { seenAt: 1, toldAt: 7 }],
      ['c', { seenAt: 1 }],
    ])
  })

  it('comes back as it was written, to the second', () => {
    const sights: Sights = new Map([
      ['a', { seenAt: START, toldAt: START + 999 }],
      ['b', { seenAt: START }],
    ])
    const text = JSON.stringify(writeSights(sights))
    expect(readSights(JSON.parse(text))).toEqual(
      new Map([
        ['a', { seenAt: START, toldAt: START }],
        ['b', { seenAt: START }],
      ]),
    )
  })

  it.each([undefined, null, 'text', 7, [], { a: 1, b: [], c: ['x'], d: [Number.NaN] }])(
    'is nothing where %j was handed on',
    (value) => {
      expect(readSights(value)).toEqual(new Map())
    },
  )

  it('is bounded, and what has stood longest is kept', () => {
    const old = Array.from({ length: 1_500 }, (_, index) => `old-${index}`)
    const fresh = Array.from({ length: 1_500 }, (_, index) => `new-${index}`)
    const before = lookAgain(new Map(), old, 1000)
    const after = lookAgain(before, [...fresh, ...old], 2000)
    expect(after.size).toBe(2_000)
    expect(old.filter((one) => !after.has(one))).toEqual([])
    expect(JSON.stringify(writeSights(after)).length).toBeLessThan(100_000)
  })
})

describe('what people are told', () => {
  it('says what the fault does, whose it is, for how long, and what to do', () => {
    const [found] = foreignFaults(setBy(routed('reviews', DELAY), 'kubectl-edit', START))
    const { message } = staleFault(found!, 3 * DAY_MS + HOUR_MS)
    expect(message).toBe(
      "route primary has a fault that is not Sluice's: delay 50 % by 7s, set by kubectl-edit 3 days ago; hosts reviews; 50 % of its requests meet it. Remove it, or annotate sluice.dev/keep-fault: <reason>",
    )
  })

  it.each([
    [0, 'less than a minute ago'],
    [60_000, '1 minute ago'],
    [2 * HOUR_MS - 1, '1 hour ago'],
    [49 * HOUR_MS, '2 days ago'],
  ])('%d ms are %s', (ms, text) => {
    expect(agoText(ms)).toBe(text)
  })
})

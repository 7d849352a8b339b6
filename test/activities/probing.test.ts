import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'

import { observingActivities } from '../../src/activities/index.ts'
import { recordOf } from '../../src/core/faults/of-release.ts'
import { withFaultRecords } from '../../src/core/faults/record.ts'
import { transition } from '../../src/core/machine/transition.ts'
import { RefusedError } from '../../src/ports.ts'
import { aState } from '../core/shop.ts'
import { ProbeStage, RATINGS, aFault, until } from './probing-stage.ts'

const OTHER = { namespace: 'shop', name: 'details', uid: 'uid-details' }
const BACK = [['v1', 100]]

describe('a canary that bears the fault', () => {
  it('passes, with a fault that told whose it was and until when, and is observed then', async () => {
    const stage = new ProbeStage()
    const before = stage.ratings
    const state = await stage.probing()
    const next = await stage.run(state).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { done: 1, results: [{ verdict: 'Pass' }] } })
    expect(next.probes?.results[0]?.message).toMatch(
      /^\d+ calls of v2 met the fault within \S+; error-rate: .*; recovered \S+ after it$/,
    )
    const [record] = stage.seen
    expect(record).toMatchObject({
      owner: 'shop/reviews',
      release: { uid: 'uid-reviews', id: state.id, seq: state.seq },
      meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'reviews', version: 'v2' } },
    })
    expect(Date.parse(record?.expiresAt ?? '') - Date.parse(record?.injectedAt ?? '')).toBe(300)
    expect(stage.seen).toHaveLength(1)
    expect(stage.ratings?.spec).toEqual(before?.spec)
    expect(stage.faults).toEqual([])
    expect(stage.told).toMatchObject([{ name: 'ratings-down', state: 'Passed' }])
    expect(stage.reasons.slice(-2)).toEqual(['FaultInjected', 'ProbePassed'])
  })

  it('passes with a VirtualService that is made for it, and gone after it', async () => {
    const stage = new ProbeStage({}, false)
    const count = stage.cluster.store.list('VirtualService').length
    expect(await stage.run(await stage.probing()).next()).toMatchObject({ phase: 'Observing' })
    expect(stage.seen).toHaveLength(1)
    expect(stage.cluster.store.list('VirtualService')).toHaveLength(count)
  })
})

describe('a canary that fails under the fault', () => {
  it('loses its weight first, then the fault is gone', async () => {
    const stage = new ProbeStage({ under: 0.5 })
    const next = await stage.run(await stage.probing({ durationMs: 60_000 })).next()
    expect(next).toMatchObject({ phase: 'Lowering', ending: { reason: 'ProbeFailed', failed: true } })
    expect(next.ending?.message).toMatch(/calls of v2 met the fault, and error-rate: /)
    expect(stage.weightsAfter).toEqual([BACK])
    expect(stage.faults).toEqual([])
    expect(stage.reasons).toContain('ProbeFailed')
    expect(stage.told).toMatchObject([{ name: 'ratings-down', state: 'Failed' }])
    await stage.until('Done', next)
    expect(stage.shop.status.lastFailed).toMatchObject({ reason: 'ProbeFailed' })
  })

  it('goes on when the probe is only to report, as soon as it has recovered', async () => {
    const stage = new ProbeStage({ under: 0.5 })
    const next = await stage.run(await stage.probing({ required: false, durationMs: 60_000 })).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { done: 1, results: [{ verdict: 'Fail' }] } })
    expect(stage.weightsAfter).not.toEqual([BACK])
    expect(stage.faults).toEqual([])
    expect(stage.told).toMatchObject([{ state: 'Failed' }])
    expect((await stage.until('Done', next)).ended).toMatchObject({ result: 'Promoted' })
  })
})

describe('a canary that does not recover', () => {
  it('fails, though it bore the fault', async () => {
    const stage = new ProbeStage({ after: 0.5 })
    const next = await stage.run(await stage.probing()).next()
    expect(next).toMatchObject({ phase: 'Lowering', ending: { reason: 'ProbeFailed' } })
    expect(next.ending?.message).toMatch(/^v2 did not recover from the fault within 300ms: error-rate: /)
    expect(stage.route).toEqual(BACK)
  })

  it('goes on when the probe is only to report', async () => {
    const stage = new ProbeStage({ after: 0.5 })
    const next = await stage.run(await stage.probing({ required: false })).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { results: [{ verdict: 'Fail' }] } })
  })
})

describe('a canary that is bad before the fault', () => {
  it('is taken back for its metrics, and no fault is ever written', async () => {
    const stage = new ProbeStage()
    const state = await stage.probing()
    stage.answer2(0.5)
    const next = await stage.run(state).next()
    expect(next).toMatchObject({ phase: 'Lowering', ending: { reason: 'MetricFailed' } })
    expect(stage.route).toEqual(BACK)
    expect(stage.seen).toEqual([])
  })
})

describe('a probe that tells nothing', () => {
  it('because there are no requests writes no fault', async () => {
    const stage = new ProbeStage()
    const state = await stage.probing()
    stage.answer2(0, 0)
    const next = await stage.run({ ...state, countFrom: Date.now() + 20 }).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { done: 0, tries: 1 } })
    expect(next.probes?.results[0]?.message).toMatch(/^nothing was seen before the fault: /)
    expect(stage.seen).toEqual([])
    expect(stage.told).toMatchObject([{ state: 'Inconclusive' }])
    expect(stage.reasons).toContain('ProbeInconclusive')
  })

  it('because nobody was seen to meet the fault takes it out at its time', async () => {
    const stage = new ProbeStage({ arrives: false })
    const next = await stage.run(await stage.probing()).next()
    expect(next.probes?.results).toMatchObject([
      {
        verdict: 'Inconclusive',
        message: expect.stringMatching(/^no calls of v2 were seen to meet the fault/) as string,
      },
    ])
    expect(stage.seen).toHaveLength(1)
    expect(stage.faults).toEqual([])
  })

  it('because Prometheus is away under the fault takes it out at its time all the same', async () => {
    const stage = new ProbeStage()
    const attempt = stage.run(await stage.probing())
    await until(() => expect(stage.seen).toHaveLength(1))
    stage.cluster.metrics.fail('it is away')
    stage.cluster.queries.fail('it is away')
    const next = await attempt.next()
    expect(next.probes?.results).toMatchObject([{ verdict: 'Inconclusive' }])
    expect(stage.faults).toEqual([])
  })

  it.each<[string, (stage: ProbeStage) => void, RegExp]>([
    [
      'two VirtualServices route the host',
      ({ cluster }) => {
        const object = cluster.store.read('VirtualService', RATINGS)
        if (object) cluster.store.create({ ...object, metadata: { ...RATINGS, name: 'ratings-2' } })
      },
      /^several VirtualServices route .*: shop\/ratings, shop\/ratings-2;/,
    ],
    [
      'one for more hosts routes it',
      (stage) =>
        stage.writeRatings((object) => ({ ...object, spec: { ...object.spec, hosts: ['*.local'] } })),
      /give ratings\S+ a VirtualService of its own$/,
    ],
    [
      'no route of it steers the mesh',
      (stage) =>
        stage.writeRatings((object) => ({
          ...object,
          spec: {
            ...object.spec,
            http: [{ match: [{ sourceLabels: { app: 'others' } }], ...object.spec.http?.[0] }],
          },
        })),
      /^no http route of VirtualService shop\/ratings can carry the fault/,
    ],
  ])('because %s says so', async (_, prepare, message) => {
    const stage = new ProbeStage()
    prepare(stage)
    const next = await stage.run(await stage.probing()).next()
    expect(next.probes?.results).toMatchObject([
      { verdict: 'Inconclusive', message: expect.stringMatching(message) as string },
    ])
    expect(stage.faults).toEqual([])
  })

  it('because the VirtualService is another team’s names the remedy', async () => {
    const stage = new ProbeStage({}, false)
    const host = 'ratings.other.svc.cluster.local'
    const metadata = { namespace: 'other', name: 'ratings' }
    const http = [{ route: [{ destination: { host: 'ratings' } }] }]
    stage.cluster.store.create({ kind: 'VirtualService', metadata, spec: { hosts: ['ratings'], http } })
    const next = await stage.run(await stage.probing({ dependency: host })).next()
    expect(next.probes?.results[0]?.message).toMatch(/does not allow faults from shop: annotate it with \S+$/)
  })

  it('because the API server refuses the fault tells what it said', async () => {
    const stage = new ProbeStage()
    const state = await stage.probing()
    const { mesh } = stage.cluster.ports
    const refuse = async () => Promise.reject(new RefusedError('the API server answered 403'))
    const ports = { ...stage.cluster.ports, mesh: { ...mesh, write: refuse } }
    const next = transition(
      state,
      await new MockActivityEnvironment().run(observingActivities(ports).probe, state),
    )
    expect(next.probes?.results[0]).toMatchObject({
      verdict: 'Inconclusive',
      message: 'the API server answered 403',
    })
  })
})

describe('a warm-up that is longer than the fault', () => {
  it('leaves as much time to see the canary before the fault', async () => {
    const stage = new ProbeStage()
    const next = await stage.run(await stage.probing({}, { warmupMs: 500 })).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { done: 1 } })
  })
})

describe('a paused Rollout', () => {
  it('has no fault injected until it goes on', async () => {
    const stage = new ProbeStage()
    const attempt = stage.run(await stage.probing())
    stage.setPaused(true)
    await until(() => expect(stage.told).toMatchObject([{ state: 'Waiting' }]))
    expect(stage.seen).toEqual([])
    stage.setPaused(false)
    expect(await attempt.next()).toMatchObject({ phase: 'Observing', probes: { done: 1 } })
  })
})

describe('another Rollout’s probe on the same host', () => {
  it('is awaited in sight', async () => {
    const stage = new ProbeStage()
    const other = recordOf(aState('Probing', { rollout: OTHER }), aFault(), {
      meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'details' } },
      now: Date.now(),
    })
    stage.writeRatings((object) => withFaultRecords(object, [other]))
    const attempt = stage.run(await stage.probing())
    await until(() => expect(stage.told).toMatchObject([{ state: 'Waiting' }]))
    expect(stage.told[0]?.message).toMatch(
      /^fault probe ratings-down of shop\/details on the same host, until /,
    )
    stage.writeRatings((object) => withFaultRecords(object, []))
    expect(await attempt.next()).toMatchObject({ phase: 'Observing', probes: { done: 1 } })
  })

  it('does not keep anybody from seeing that the canary goes bad meanwhile', async () => {
    const stage = new ProbeStage()
    const other = recordOf(aState('Probing', { rollout: OTHER }), aFault(), {
      meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'details' } },
      now: Date.now(),
    })
    stage.writeRatings((object) => withFaultRecords(object, [other]))
    const attempt = stage.run(await stage.probing())
    await until(() => expect(stage.told).toMatchObject([{ state: 'Waiting' }]))
    stage.answer2(0.5)
    expect(await attempt.next()).toMatchObject({ phase: 'Lowering', ending: { reason: 'MetricFailed' } })
  })
})

import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { initialProbe } from '../../src/activities/probe/memory.ts'
import type { ProbeMemory } from '../../src/activities/probe/memory.ts'
import { withFaultRecords } from '../../src/core/faults/record.ts'
import { withFaults } from '../../src/core/faults/render.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { Plan } from '../../src/core/plan.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { to } from '../core/shop.ts'
import { act } from './drive.ts'
import { ProbeStage, until } from './probing-stage.ts'

const LONG = { durationMs: 60_000 }
/** What a probe is held to, as another metric than those of the release. */
const EXPECT = { expect: [{ metric: 'p99', max: '2500ms' }] }
const METRICS = [
  { name: 'error-rate', istio: 'ErrorRate', max: '1%' } as const,
  { name: 'p99', istio: 'Latency', percentile: 99, max: '1000ms' } as const,
]

let stage: ProbeStage
beforeEach(() => {
  stage = new ProbeStage()
})

/** A probe whose fault stands. */
async function underFault(state: ReleaseState) {
  const attempt = stage.run(state)
  await until(() => expect(stage.seen).toHaveLength(1))
  await until(() => expect(attempt.heartbeat).toMatchObject({ stage: 'Fault' }))
  return attempt
}

describe('an alarm while the fault stands', () => {
  it('of a canary without pods takes weight and fault', async () => {
    const attempt = await underFault(await stage.probing(LONG))
    stage.shop.setReady('v2', false)
    expect(await attempt.next()).toMatchObject({ phase: 'Preparing', losses: 1 })
    expect(stage.faults).toEqual([])
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('of weights that a stranger moved takes the fault, and the probe begins anew', async () => {
    const attempt = await underFault(await stage.probing(LONG))
    stage.divide(to('v1', 50), to('v2', 50))
    const raising = await attempt.next()
    expect(raising.phase).toBe('Raising')
    expect(stage.faults).toEqual([])
    expect(await stage.next(raising)).toMatchObject({ phase: 'Probing' })
  })

  it('leaves the evidence of the release as it was: what the fault did is not held against it', async () => {
    stage = new ProbeStage({ under: 0.5 })
    const plan = { metrics: METRICS }
    const state = await stage.probing({ ...LONG, ...EXPECT }, plan)
    const attempt = await underFault(state)
    stage.divide(to('v1', 50), to('v2', 50))
    const raising = await attempt.next()
    expect(Object.keys(raising.evidence?.metrics ?? {})).toEqual(['error-rate', 'p99'])
    expect(raising.evidence?.peak.logE).toBe(0)
  })
})

describe('a probe that is cancelled', () => {
  it('takes its fault out', async () => {
    const attempt = await underFault(await stage.probing(LONG))
    attempt.cancel()
    await expect(attempt.ended).rejects.toThrow('CANCELLED')
    expect(stage.faults).toEqual([])
  })
})

describe('a probe whose process died while the fault stood', () => {
  it.each<[string, (memory: ProbeMemory, injected: ProbeMemory['injected']) => unknown]>([
    ['all of it', (memory, injected) => ({ ...memory, stage: 'Fault', ...(injected && { injected }) })],
    ['that it was about to inject it', (memory) => ({ ...memory, stage: 'Fault' })],
    ['what was before', (memory) => memory],
    ['nothing', () => undefined],
  ])('goes on with it, and no longer than it was to stand, knowing %s', async (_, recall) => {
    const state = await stage.probing({ durationMs: 1_000 })
    const memory = initialProbe(state, Date.now())
    const injected = stage.stand(state)
    const info = { attempt: 2, heartbeatDetails: recall(memory, injected) }
    const next = await stage.run(state, info).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { results: [{ verdict: 'Pass' }] } })
    expect(stage.seen.map(({ expiresAt }) => Date.parse(expiresAt))).toEqual([injected.expiresAt])
    expect(stage.faults).toEqual([])
  })

  it.each([0, 400])(
    'does not take what it does under the fault, or did, for a baseline (%d ms later)',
    async (laterMs) => {
      stage = new ProbeStage({ under: 0.5 })
      const state = await stage.probing({ durationMs: 300, required: false }, { warmupMs: 50 })
      const memory = initialProbe(state, Date.now())
      stage.stand(state)
      await delay(laterMs)
      // Whoever looks takes out what has expired.
      if (laterMs > 0) stage.writeRatings((object) => withFaults(object, []))
      const next = await stage.run(state, { attempt: 2, heartbeatDetails: memory }).next()
      expect(next).toMatchObject({ phase: 'Observing', probes: { results: [{ verdict: 'Fail' }] } })
    },
  )

  it('tells how long nobody watched', async () => {
    const state = await stage.probing()
    const watchedAt = Date.now() - 60_000
    await stage.run(state, { attempt: 2, heartbeatDetails: { ...initialProbe(state, 0), watchedAt } }).ended
    expect(stage.reasons.filter((reason) => reason === 'Unwatched')).toHaveLength(1)
    expect(stage.cluster.reporter.unwatchedSeconds).toEqual([expect.closeTo(60, 0)])
  })
})

describe('a probe that had marked the release as over and died before it could tell', () => {
  it('tells why', async () => {
    stage = new ProbeStage({ under: 0.5 })
    const state = await stage.probing(LONG)
    const attempt = stage.run(state)
    expect(await attempt.next()).toMatchObject({ ending: { reason: 'ProbeFailed' } })
    const again = stage.run(state, { attempt: 2, heartbeatDetails: attempt.heartbeat })
    expect(await again.next()).toMatchObject({ phase: 'Lowering', ending: { reason: 'ProbeFailed' } })
  })
})

describe('a fault of an earlier action that stands still', () => {
  it('goes before the canary is judged, and the probe begins without it', async () => {
    stage = new ProbeStage({ under: 0.5 })
    const state = await stage.probing({ required: false, durationMs: 60_000 })
    stage.stand(state)
    const next = await stage.run({ ...state, seq: state.seq + 1 }).next()
    expect(next).toMatchObject({ phase: 'Observing', probes: { results: [{ verdict: 'Fail' }] } })
    expect(stage.seen.map(({ release }) => release?.seq)).toEqual([state.seq, state.seq + 1])
  })
})

describe('a fault that somebody takes out', () => {
  it.each<[string, (stage: ProbeStage) => void]>([
    ['with its record', (one) => one.writeRatings((object) => withFaultRecords(object, []))],
    ['from the routes alone', (one) => one.writeRatings((object) => object)],
  ])('%s tells nothing', async (_, adapt) => {
    const before = stage.ratings
    const attempt = await underFault(await stage.probing(LONG))
    await until(() => expect(attempt.heartbeat).toHaveProperty('arrivedAt'))
    adapt(stage)
    stage.writeRatings((object) => ({ ...object, ...(before && { spec: before.spec }) }))
    const next = await attempt.next()
    expect(next.probes?.results).toMatchObject([
      {
        verdict: 'Inconclusive',
        message: expect.stringMatching(/^the fault was taken out before its time/) as string,
      },
    ])
    expect(stage.faults).toEqual([])
  })
})

describe('a stranger who moves the weights again and again', () => {
  it('is answered once in an interval, and no fault stands meanwhile', async () => {
    const state = { ...(await stage.probing({}, { intervalMs: 60_000 })), driftedAt: Date.now() - 2_000 }
    stage.divide(to('v1', 50), to(subsetName('v2'), 50))
    const attempt = stage.run(state)
    await delay(500)
    expect(attempt.heartbeat).toBeDefined()
    expect(stage.seen).toEqual([])
    attempt.cancel()
    await expect(attempt.ended).rejects.toThrow('CANCELLED')
  })
})

describe('the end of a release', () => {
  it('takes every fault of the Rollout out; one that cannot be written keeps nothing else from being cleaned', async () => {
    const state = await stage.probing(LONG)
    stage.stand(state)
    const { seq } = state
    const failed = { type: 'Failed', seq, at: Date.now(), reason: 'MetricFailed', message: 'x' } as const
    const cleaning = await stage.until('Cleaning', transition(state, failed))
    expect(stage.faults).toHaveLength(1)
    const { mesh } = stage.cluster.ports
    const write: typeof mesh.write = async (object) => {
      if (object.metadata.name === 'ratings') throw new Error('the API server answered 503')
      await mesh.write(object)
    }
    const ports = { ...stage.cluster.ports, mesh: { ...mesh, write } }
    expect(stage.subsets).toContain(subsetName('v2'))
    await expect(act(ports, cleaning)).rejects.toThrow('faults stand still')
    expect(stage.subsets).not.toContain(subsetName('v2'))
    expect(stage.replicasOf('reviews-v2')).toBe(0)
    expect(stage.shop.status.message).toContain('taking faults out')
    expect(await stage.next(cleaning)).toMatchObject({ phase: 'Done' })
    expect(stage.faults).toEqual([])
  })
})

describe('a step that waits for a probe that told nothing', () => {
  const probes = (state: ReleaseState) => {
    const result = { name: 'ratings-down', host: 'ratings', message: 'nobody met it' }
    return {
      step: state.step,
      done: 0,
      tries: 1,
      results: [{ ...result, verdict: 'Inconclusive' as const, step: 0 }],
    }
  }

  it('does not pass, says what it waits for, and asks for the probe after a while', async () => {
    const state = await stage.probing()
    const observing = { ...state, phase: 'Observing' as const, probes: probes(state) }
    const now = Date.now()
    const early = act(stage.cluster.ports, { ...observing, phaseAt: now - 29_000 })
    await until(() =>
      expect(stage.shop.status.message).toContain(
        'fault probe ratings-down, which told nothing yet: nobody met it',
      ),
    )
    const due = await early
    expect(due).toMatchObject({ type: 'ProbeDue' })
    expect(due.at).toBeGreaterThanOrEqual(now + 1_000)
    expect(transition(observing, due)).toMatchObject({ phase: 'Probing', probes: { tries: 1 } })
  })

  it.each<[Partial<Plan>, string, object]>([
    [{ onPatience: 'Promote' }, 'goes on without', { type: 'Passed' }],
    [{ onPatience: 'Rollback' }, 'is taken back', { type: 'Failed', reason: 'PatienceExceeded' }],
    [{ onPatience: 'Pause' }, 'waits on, and says so', { type: 'ProbeDue' }],
  ])('with %j %s when patience ends', async (plan, _, event) => {
    const patient = { patienceMs: 100, ...plan } as const
    const state = await stage.probing({}, patient)
    const phaseAt = Date.now() - 29_000
    const observing = { ...state, phase: 'Observing' as const, phaseAt, probes: probes(state) }
    expect(await act(stage.cluster.ports, observing)).toMatchObject(event)
    expect(stage.reasons.includes('PatienceExceeded')).toBe(plan.onPatience !== 'Rollback')
  })
})

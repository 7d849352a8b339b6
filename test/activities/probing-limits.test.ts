import { beforeEach, describe, expect, it } from 'vitest'
import { RefusedError } from '../../src/ports.ts'
import type { Ports } from '../../src/ports.ts'
import { observingActivities } from '../../src/activities/index.ts'
import { MockActivityEnvironment } from '@temporalio/testing'
import { ProbeStage, until } from './probing-stage.ts'

/** What holds before and after the fault, and what is counted of it. */

const LONG = { durationMs: 60_000 }

let stage: ProbeStage
beforeEach(() => {
  stage = new ProbeStage()
})

describe('the limits of a probe', () => {
  it('hold under the fault alone: a canary that is bad by itself is taken back for that, and no fault is written', async () => {
    stage.answer2(0.3)
    const lenient = { expect: [{ metric: 'error-rate', max: '50%' }] }
    const state = await stage.probing({ ...LONG, ...lenient })
    expect(await stage.run(state).ended).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
    expect(stage.seen).toEqual([])
  })
})

describe('what the fault did', () => {
  it('is not counted for the step, though no scrape came since it was taken out', async () => {
    stage = new ProbeStage({ arrives: false })
    const state = await stage.probing()
    const event = await stage.run(state).ended
    const settleMs = Math.max(state.plan.warmupMs, 2 * state.plan.intervalMs)
    expect(event).toMatchObject({ type: 'Probed', result: { verdict: 'Inconclusive' } })
    expect('countedTo' in event && event.countedTo - event.at).toBeGreaterThan(settleMs / 2)
  })
})

describe('a fault of an earlier action that cannot be taken out', () => {
  it('keeps nobody from guarding the canary, and nothing more is injected', async () => {
    const state = await stage.probing(LONG)
    stage.stand(state)
    const later = { ...state, seq: state.seq + 1 }
    const ports = refusing(stage.cluster.ports)
    const environment = new MockActivityEnvironment()
    const ended = environment.run(observingActivities(ports).probe, later)
    await until(() => expect(stage.told).toMatchObject([{ state: 'Waiting' }]))
    expect(stage.told[0]?.message).toContain('which cannot be taken out')
    stage.shop.setReady('v2', false)
    expect(await ended).toMatchObject({ type: 'CanaryLost' })
  })
})

/** The owner of the dependency's VirtualService lets nobody write it any more. */
function refusing(ports: Ports): Ports {
  const write: Ports['mesh']['write'] = async (object) => {
    if (object.metadata.name === 'ratings') throw new RefusedError('the API server answered 403')
    await ports.mesh.write(object)
  }
  return { ...ports, mesh: { ...ports.mesh, write } }
}

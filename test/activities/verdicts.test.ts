import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { Plan } from '../../src/core/plan.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import { ROLLOUT, SERVICE } from '../core/shop.ts'
import { Stage } from './stage.ts'

const COMPARED: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', vsStable: {} }
const PATIENT = { patienceMs: 200, onNoData: 'Wait', onProviderError: 'Hold' } as const

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

const start = (plan: Partial<Plan>): ReleaseState => stage.start({}, { metrics: [COMPARED], ...plan })
const statusOf = () => stage.cluster.rollouts.get(ROLLOUT)?.status
const reasonOf = () => statusOf()?.conditions?.find(({ status }) => status === 'True')?.reason

/** The canary answers so few requests that nothing can be told. */
function whisper(): void {
  const flow = { service: fullHost(SERVICE), version: 'v2', perSecond: 20 }
  stage.cluster.metrics.flow(flow, Date.now() - 10_000)
}

describe('a release whose canary is held against stable', () => {
  it('is promoted when both fail alike, however much', async () => {
    stage.answer('v1', 0.02)
    stage.answer('v2', 0.02)
    const end = await stage.until(
      'Done',
      start({ metrics: [{ ...COMPARED, vsStable: { tolerance: '0.5%', harmBudget: '2%' } }] }),
    )
    expect(end.ended?.result).toBe('Promoted')
  })

  it('is taken back when the canary fails more, with the odds in the reason', async () => {
    stage.answer('v1', 0.001)
    stage.answer('v2', 0.02)
    const end = await stage.until('Done', start({}))
    expect(end.ended?.result).toBe('RolledBack')
    expect(end.ending?.message).toMatch(
      /^error-rate: canary .* requests failed, stable .* if it were no worse$/,
    )
  })
})

describe('patience with too little evidence', () => {
  beforeEach(whisper)

  it('may end in a rollback', async () => {
    const end = await stage.until('Done', start({ ...PATIENT, onPatience: 'Rollback' }))
    expect(end.ending).toMatchObject({ reason: 'PatienceExceeded', failed: true })
    expect(stage.cluster.reporter.loweredAfterMs).toHaveLength(1)
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('may end in the next step, with a warning', async () => {
    const raising = await stage.until('Observing', start({ ...PATIENT, onPatience: 'Promote' }))
    const next = await stage.next(raising)
    expect(next).toMatchObject({ phase: 'Raising', step: 1 })
    expect(stage.reasons).toContain('PatienceExceeded')
  })

  it('may end in a pause, guarded, in which a later pass resumes', async () => {
    const observing = await stage.until('Observing', start({ ...PATIENT, onPatience: 'Pause' }))
    const watching = stage.next(observing)
    await vi.waitFor(() => expect(reasonOf()).toBe('PatienceExceeded'), 5000)
    expect(statusOf()?.message).toMatch(/patience is over: promotion waits|patience is over: 100 % waits/)
    stage.answer('v2', 0)
    expect(await watching).toMatchObject({ phase: 'Raising', step: 1 })
  })

  it('may end in a pause, in which a bad canary is taken back', async () => {
    const observing = await stage.until('Observing', start({ ...PATIENT, onPatience: 'Pause' }))
    const watching = stage.next(observing)
    await vi.waitFor(() => expect(reasonOf()).toBe('PatienceExceeded'), 5000)
    stage.answer('v2', 0.5)
    expect(await watching).toMatchObject({ phase: 'Lowering', ending: { reason: 'MetricFailed' } })
  })
})

describe('patience without any request', () => {
  it.each([
    ['Fail', { phase: 'Lowering', ending: { reason: 'NoData' } }],
    ['Pass', { phase: 'Raising', step: 1 }],
  ] as const)('ends as onNoData: %s says', async (onNoData, next) => {
    const plan = { ...PATIENT, onPatience: 'Pause', onNoData } as const
    const observing = await stage.until('Observing', start(plan))
    expect(await stage.next(observing)).toMatchObject(next)
  })
})

import { describe, expect, it } from 'vitest'
import { parseSpec } from '../../src/api/v1alpha1/rollout.ts'
import { planOf } from '../../src/core/plan.ts'
import { exampleRollout, minimalSpec } from '../api/specs.ts'

function plan(raw: unknown, generation = 7) {
  const parsed = parseSpec(raw)
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return planOf(parsed.spec, { namespace: 'shop', name: 'reviews', generation })
}

describe('the plan of a spec', () => {
  it('has times in milliseconds and shares as numbers', () => {
    expect(plan(minimalSpec)).toEqual({
      generation: 7,
      service: 'reviews',
      versionLabel: 'version',
      virtualServices: [{ name: 'reviews' }],
      destinationRule: 'reviews',
      steps: [5, 20, 50, 100].map((weight) => ({ weight, holdMs: 300_000 })),
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }],
      intervalMs: 15_000,
      warmupMs: 30_000,
      falseRollback: 0.01,
      falsePromotion: 0.05,
      patienceMs: 1_800_000,
      onPatience: 'Pause',
      onNoData: 'Wait',
      onProviderError: 'Hold',
      progressDeadlineMs: 600_000,
      capacity: 'Managed',
      retirePolicy: 'ScaleToZero',
      retireAfterMs: 600_000,
    })
  })

  it('names VirtualServices and routes as the spec does', () => {
    const virtualServices = [
      { name: 'vs', routes: ['main', 'api'] },
      { name: 'edge', namespace: 'ingress' },
    ]
    const existing = { virtualServices, destinationRule: { name: 'dr' } }
    const spec = { ...minimalSpec, traffic: { service: 'reviews', existing } }
    expect(plan(spec)).toMatchObject({ virtualServices, destinationRule: 'dr' })
  })

  it('names objects of its own after the Rollout', () => {
    const traffic = { service: 'reviews', generated: { hosts: ['reviews.example.com'] } }
    expect(plan({ ...minimalSpec, traffic })).toMatchObject({
      virtualServices: [{ name: 'reviews', routes: ['primary'] }],
      destinationRule: 'reviews',
      generated: { gateways: [], hosts: ['reviews.example.com'] },
    })
  })

  it('has the fault probes with full hosts, and the names of those that are due at a step', () => {
    const faults = [
      { name: 'ratings-slow', dependency: 'ratings', delay: { fixedDelay: '7s' }, duration: '90s' },
      {
        name: 'payments-down',
        dependency: 'api.payments.example',
        abort: { percent: 50, httpStatus: 503 },
        expect: [{ metric: 'error-rate', max: '2%' }],
        required: false,
      },
    ]
    const steps = [{ weight: 5, faults: ['ratings-slow', 'payments-down'] }, { weight: 100 }]
    const planned = plan({ ...minimalSpec, steps, faults })
    expect(planned.faults).toEqual([
      {
        name: 'ratings-slow',
        dependency: 'ratings.shop.svc.cluster.local',
        delay: { percent: 100, delayMs: 7_000 },
        durationMs: 90_000,
        recoveryMs: 30_000,
        required: true,
      },
      {
        name: 'payments-down',
        dependency: 'api.payments.example',
        abort: { percent: 50, httpStatus: 503 },
        durationMs: 60_000,
        recoveryMs: 30_000,
        expect: [{ metric: 'error-rate', max: '2%' }],
        required: false,
      },
    ])
    expect(planned.steps).toEqual([
      { weight: 5, holdMs: 300_000, faults: ['ratings-slow', 'payments-down'] },
      { weight: 100, holdMs: 300_000 },
    ])
  })

  it('survives JSON, so that it lives in the history of a workflow', () => {
    const example = plan(exampleRollout.spec)
    expect(JSON.parse(JSON.stringify(example))).toEqual(example)
  })
})

import { describe, expect, it } from 'vitest'
import { parseSpec } from '../../src/api/v1alpha1/rollout.ts'
import { planOf } from '../../src/core/plan.ts'
import { exampleRollout, minimalSpec } from '../api/specs.ts'

function plan(raw: unknown, generation = 7) {
  const parsed = parseSpec(raw)
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return planOf(parsed.spec, { name: 'reviews', generation })
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

  it('survives JSON, so that it lives in the history of a workflow', () => {
    const example = plan(exampleRollout.spec)
    expect(JSON.parse(JSON.stringify(example))).toEqual(example)
  })
})

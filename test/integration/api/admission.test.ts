import { beforeAll, describe, expect, it } from 'vitest'
import { goodFaults } from '../../api/bad-faults.ts'
import { goodMetrics } from '../../api/bad-metrics.ts'
import { goodPrometheus } from '../../api/bad-prometheus.ts'
import { badSpecs } from '../../api/bad-specs.ts'
import { parseSpec } from '../../../src/api/v1alpha1/rollout.ts'
import { exampleRollout, exampleWith, minimalSpec, minimalSpecWithDefaults } from '../../api/specs.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask, ClusterAnswer } from '../../mesh/cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const COLLECTION = '/apis/sluice.dev/v1alpha1/namespaces/default/rollouts'

let ask: Ask

beforeAll(() => {
  ask = connect(workerSandbox().kubeconfig)
})

function rollout(spec: unknown, name = 'reviews') {
  return { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', metadata: { name }, spec }
}

// Dry runs: validated and defaulted like any other, but nothing is stored that a controller might find.
async function create(body: unknown): Promise<ClusterAnswer> {
  return ask({ method: 'POST', path: `${COLLECTION}?dryRun=All&fieldValidation=Strict`, body })
}

async function apply(body: unknown, name = 'reviews'): Promise<ClusterAnswer> {
  return ask({
    method: 'PATCH',
    path: `${COLLECTION}/${name}?dryRun=All&fieldValidation=Strict&fieldManager=test&force=true`,
    contentType: 'application/apply-patch+yaml',
    body,
  })
}

describe('the API server', () => {
  it('accepts a minimal Rollout, and fills in the same defaults as the parser', async () => {
    const answer = await create(rollout(minimalSpec))
    expect(answer).toMatchObject({ status: 201, body: { spec: minimalSpecWithDefaults } })
    expect(answer.body['spec']).toEqual(minimalSpecWithDefaults)
  })

  it.each([
    ['strict creation', create],
    ['server-side apply', apply],
  ])('accepts the example of the reference page by %s, and changes nothing in it', async (_, send) => {
    const answer = await send(rollout(exampleRollout.spec))
    expect(answer.status).toBe(201)
    expect(answer.body['spec']).toEqual(exampleRollout.spec)
  })

  it.each(goodMetrics)('reads a metric as the parser does: $claim', async ({ metric }) => {
    const spec = exampleWith(['analysis', 'metrics', 0], { name: 'own', ...metric })
    const answer = await create(rollout(spec))
    expect(answer).toMatchObject({ status: 201 })
    expect({ spec: answer.body['spec'] }).toEqual(parseSpec(spec))
  })

  it.each(goodFaults)('reads a fault probe as the parser does: $claim', async ({ fault }) => {
    const spec = exampleWith(['faults', 0], fault)
    const answer = await create(rollout(spec))
    expect(answer).toMatchObject({ status: 201 })
    expect({ spec: answer.body['spec'] }).toEqual(parseSpec(spec))
  })

  it.each(goodPrometheus)('reads the Prometheus %j as the parser does', async (prometheus) => {
    const spec = exampleWith(['analysis', 'prometheus'], prometheus)
    const answer = await create(rollout(spec))
    expect(answer).toMatchObject({ status: 201 })
    expect({ spec: answer.body['spec'] }).toEqual(parseSpec(spec))
  })

  it.each(badSpecs)('refuses, naming the field, what is allowed and what was found: $claim', async (row) => {
    const answer = await create(rollout(row.spec))
    expect([400, 422]).toContain(answer.status)
    for (const words of [row.field, ...row.server]) expect(answer.body.message).toContain(words)
  })

  // Its type check comes first and words paths in its own way; what matters: refused, and the field is named.
  it.each(badSpecs)('refuses by server-side apply, naming the field: $claim', async (row) => {
    const answer = await apply(rollout(row.spec))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body.message).toContain(/\w+(?=[[\]\d]*$)/.exec(row.field)?.[0])
  })

  it('refuses a name that can not be the value of a label', async () => {
    const answer = await create(rollout(minimalSpec, 'r'.repeat(64)))
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain('metadata.name must have at most 63 characters')
  })

  it('refuses a Rollout without a spec', async () => {
    const answer = await create(rollout(undefined))
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain('spec: Required value')
  })

  it('refuses the same spec in an update', async () => {
    const answer = await apply(rollout({ ...minimalSpec, version: 'v1/2' }))
    expect(answer).toMatchObject({ status: 422 })
  })
})

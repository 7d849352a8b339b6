import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { ShownRollout } from '../../../sandbox/kit/shop.ts'
import { exampleRollout } from '../../api/specs.ts'
import { kstatusOf } from '../../core/status/kstatus.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask } from '../../mesh/cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const NAMESPACE = `api-status-${randomUUID().slice(0, 8)}`
const ROLLOUT = `/apis/sluice.dev/v1alpha1/namespaces/${NAMESPACE}/rollouts/reviews`

const condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Progressing',
  message: '5 %: no harm seen so far',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-02T03:04:05.678Z',
} as const

const status: RolloutStatus = {
  observedGeneration: 1,
  stableVersion: 'v1',
  serving: ['deployments.apps/reviews-v1', 'statefulsets.apps/reviews-v2'],
  message: '5 %: no harm seen so far',
  release: {
    id: 'v2-abc',
    seq: 7,
    phase: 'Observing',
    version: 'v2',
    templateHash: 'abc',
    step: 1,
    steps: 4,
    startedAt: '2026-01-02T03:04:05.678Z',
    stepStartedAt: '2026-01-02T03:04:06Z',
  },
  weight: { desired: 5, observed: 5, observedBy: 'Envoy' },
  step: '1/4',
  verdicts: [
    { metric: 'error-rate', verdict: 'Unsure', value: '0.1%', limit: '1%', evidence: '1 of 900 requests' },
    { metric: 'p99', verdict: 'Pass', limit: '500ms', evidence: '900 requests' },
  ],
  workflow: { id: 'rollout:demo/shop/reviews', runId: '0190' },
  lastFailed: {
    version: 'v0',
    templateHash: 'abd',
    reason: 'MetricFailed',
    message: 'error-rate was 5%',
    at: '2026-01-01T00:00:00Z',
  },
  history: [
    {
      from: 'v1',
      to: 'v0',
      result: 'RolledBack',
      reason: 'MetricFailed',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:01:00Z',
    },
  ],
  conditions: [condition, { ...condition, type: 'Reconciling', status: 'True' }],
}

let ask: Ask

beforeAll(async () => {
  ask = connect(workerSandbox().kubeconfig)
  await ask({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: NAMESPACE } } })
  const created = await ask({
    method: 'POST',
    path: `/apis/sluice.dev/v1alpha1/namespaces/${NAMESPACE}/rollouts`,
    body: {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'reviews' },
      spec: { ...exampleRollout.spec, paused: true },
      status,
    },
  })
  if (created.status !== 201) throw new Error(created.body.message)
})

afterAll(async () => {
  await ask({ method: 'DELETE', path: ROLLOUT })
  await ask({ method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}` })
})

async function writeStatus(changed: unknown) {
  return ask({
    method: 'PATCH',
    path: `${ROLLOUT}/status?fieldValidation=Strict`,
    contentType: 'application/merge-patch+json',
    body: { status: changed },
  })
}

describe('the status of a Rollout', () => {
  it('is not taken from users', async () => {
    const read = await ask({ method: 'GET', path: ROLLOUT })
    expect(read.body['status']).toEqual({ observedGeneration: 0 })
  })

  it('says of a new one that nobody has seen it, so that whoever waits for it goes on waiting', async () => {
    const { body } = await ask({ method: 'GET', path: ROLLOUT })
    const { metadata, status: initial } = body as unknown as ShownRollout
    expect(kstatusOf(metadata?.generation ?? 0, initial ?? {})).toBe('InProgress')
  })

  it('is stored as it was written', async () => {
    expect(await writeStatus(status)).toMatchObject({ status: 200 })
    const read = await ask({ method: 'GET', path: ROLLOUT })
    expect(read.body['status']).toEqual(status)
  })

  it('has each condition once', async () => {
    const answer = await writeStatus({ conditions: [condition, condition] })
    expect(answer).toMatchObject({ status: 422 })
    expect(answer.body.message).toContain('status.conditions[1]: Duplicate value')
  })

  it('fills the columns that kubectl shows', async () => {
    await writeStatus(status)
    const table = await ask({
      method: 'GET',
      path: ROLLOUT,
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
    const { columnDefinitions, rows } = table.body as unknown as {
      columnDefinitions: { name: string; priority: number }[]
      rows: { cells: unknown[] }[]
    }
    const shown = columnDefinitions.map(({ name, priority }, index) => [
      name,
      priority,
      rows[0]?.cells[index],
    ])
    expect(shown).toEqual([
      ['Name', 0, 'reviews'],
      ['Stable', 0, 'v1'],
      ['Wanted', 0, 'v2'],
      ['Weight', 0, 5],
      ['Step', 0, '1/4'],
      ['Status', 0, 'Progressing'],
      ['Age', 0, expect.any(String)],
      ['Message', 1, '5 %: no harm seen so far'],
    ])
  })
})

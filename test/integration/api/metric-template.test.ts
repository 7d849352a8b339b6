import { beforeAll, describe, expect, it } from 'vitest'
import { badTemplates } from '../../api/bad-templates.ts'
import { exampleTemplates } from '../../api/templates.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask, ClusterAnswer } from '../../mesh/cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const COLLECTION = '/apis/sluice.dev/v1alpha1/namespaces/default/metrictemplates'

let ask: Ask

beforeAll(() => {
  ask = connect(workerSandbox().kubeconfig)
})

function template(spec: unknown) {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'MetricTemplate',
    metadata: { name: 'conversion' },
    spec,
  }
}

async function create(spec: unknown): Promise<ClusterAnswer> {
  return ask({
    method: 'POST',
    path: `${COLLECTION}?dryRun=All&fieldValidation=Strict`,
    body: template(spec),
  })
}

async function apply(spec: unknown): Promise<ClusterAnswer> {
  return ask({
    method: 'PATCH',
    path: `${COLLECTION}/conversion?dryRun=All&fieldValidation=Strict&fieldManager=test&force=true`,
    contentType: 'application/apply-patch+yaml',
    body: template(spec),
  })
}

describe('the API server', () => {
  it.each(exampleTemplates)('accepts the example $metadata.name of the reference page', async ({ spec }) => {
    for (const answer of [await create(spec), await apply(spec)]) {
      expect(answer.status).toBe(201)
      expect(answer.body['spec']).toEqual({ args: [], ...spec })
    }
  })

  it('fills in the same defaults as the parser', async () => {
    const answer = await create({ http: { url: 'http://a', jsonPath: '$' } })
    expect(answer.body['spec']).toEqual({
      args: [],
      http: { url: 'http://a', jsonPath: '$', method: 'GET', headers: [], headersFrom: [] },
    })
  })

  it.each(badTemplates)(
    'refuses, naming the field, what is allowed and what was found: $claim',
    async (row) => {
      const answer = await create(row.spec)
      expect([400, 422]).toContain(answer.status)
      for (const words of [row.field, ...row.server]) expect(answer.body.message).toContain(words)
    },
  )

  it('refuses a MetricTemplate without a spec', async () => {
    const answer = await create(undefined)
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain('spec: Required value')
  })
})

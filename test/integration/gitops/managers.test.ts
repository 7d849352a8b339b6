import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { FIELD_MANAGER } from '../../../src/api/names.ts'
import { gitOpsManagersOf } from '../../../src/core/traffic/remedies.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask, ClusterRequest } from '../../mesh/cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const namespace = `gitops-${process.pid}`
const collection = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`
const path = `${collection}/reviews`

let ask: Ask

beforeAll(async () => {
  ask = connect(workerSandbox().kubeconfig)
  await ask({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } })
})

afterAll(async () => {
  await ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
})

const object = (weights: Record<string, number>) =>
  demoVirtualService({ name: 'reviews', namespace, weights })

/** As the tools write: Flux by server-side apply with force, Argo CD by a patch unless told otherwise. */
function written(by: string, contentType: string, weights: Record<string, number>): ClusterRequest {
  const force = contentType.includes('apply') ? '&force=true' : ''
  return {
    method: 'PATCH',
    path: `${path}?fieldManager=${by}${force}`,
    body: object(weights),
    contentType: `application/${contentType}`,
  }
}

async function send(request: ClusterRequest): Promise<VirtualService> {
  const { status, body } = await ask(request)
  if (status > 299) throw new Error(body.message)
  return body as unknown as VirtualService
}

const managersIn = (seen: VirtualService) => gitOpsManagersOf(seen).map(({ manager }) => manager)

describe('who writes the weights again and again', () => {
  it('is known from what the API server notes, until Sluice has moved them', async () => {
    const created = await send(written('kustomize-controller', 'apply-patch+yaml', { v1: 100 }))
    expect(gitOpsManagersOf(created)).toEqual([
      { manager: 'kustomize-controller', time: expect.stringMatching(/^\d{4}-/) },
    ])
    const moved = { ...created, spec: object({ v1: 95, v2: 5 }).spec }
    const seen = await send({ method: 'PUT', path: `${path}?fieldManager=${FIELD_MANAGER}`, body: moved })
    expect(managersIn(seen)).toEqual([])
  })

  it('is known again when the tool has come back', async () => {
    expect(managersIn(await send(written('kustomize-controller', 'apply-patch+yaml', { v1: 100 })))).toEqual([
      'kustomize-controller',
    ])
    expect(
      managersIn(await send(written('argocd-controller', 'merge-patch+json', { v1: 90, v2: 10 }))),
    ).toEqual(['argocd-controller'])
  })
})

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { gitOpsManagersOf, remedyFor } from '../../../src/core/traffic/remedies.ts'
import type { Contested } from '../../../src/core/traffic/remedies.ts'
import type { MeshObject } from '../../../src/core/traffic/types.ts'
import { aDestinationRule, aVirtualService } from '../shop.ts'

const ROUTE: Contested = { kind: 'VirtualService', namespace: 'shop', name: 'reviews' }
const RULE: Contested = { ...ROUTE, kind: 'DestinationRule' }

/** What a tool reads of a remedy. */
function pasted(manager: string, object: Contested): unknown {
  return parse(remedyFor(manager, object) ?? '')
}

describe('the remedy', () => {
  it.each([
    [ROUTE, '.spec.http[].route'],
    [RULE, '.spec.subsets'],
  ])('for Argo CD ignores of %j what Sluice writes, and respects that at a sync', (object, jq) => {
    const where = { kind: object.kind, namespace: 'shop', name: 'reviews' }
    for (const manager of ['argocd-controller', 'argocd-application-controller']) {
      expect(pasted(manager, object)).toEqual({
        ignoreDifferences: [{ group: 'networking.istio.io', ...where, jqPathExpressions: [jq] }],
        syncPolicy: { syncOptions: ['RespectIgnoreDifferences=true'] },
      })
    }
  })

  it('for Flux lets it create the object and then leave it alone', () => {
    const annotated = { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } } }
    expect(pasted('kustomize-controller', ROUTE)).toEqual(annotated)
    expect(pasted('flux', RULE)).toEqual(annotated)
  })

  it('for a HelmRelease of Flux ignores the drift', () => {
    expect(pasted('helm-controller', RULE)).toEqual({
      driftDetection: {
        ignore: [
          {
            paths: ['/spec/subsets'],
            target: { kind: 'DestinationRule', namespace: 'shop', name: 'reviews' },
          },
        ],
      },
    })
  })

  it('for Fleet takes the field out of its comparison', () => {
    expect(pasted('fleetagent', ROUTE)).toEqual({
      diff: {
        comparePatches: [
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'VirtualService',
            namespace: 'shop',
            name: 'reviews',
            jsonPointers: ['/spec/http'],
          },
        ],
      },
    })
  })

  it.each(['kubectl', 'kubectl-edit', 'kubectl-client-side-apply', 'flux-client-side-apply'])(
    'for %s is to change the Rollout instead',
    (manager) => {
      expect(remedyFor(manager, ROUTE)).toContain('spec.version of the Rollout')
      expect(remedyFor(manager, ROUTE)).toContain('spec.http')
    },
  )

  it('for Helm is to leave the chart as it is', () => {
    expect(remedyFor('helm', RULE)).toContain('spec.subsets of DestinationRule shop/reviews in the chart')
  })

  it('for somebody unknown names who, what and where', () => {
    expect(remedyFor('terraform', ROUTE)).toBe(
      'Tell terraform to leave spec.http of VirtualService shop/reviews alone: Sluice writes it while a Rollout moves its traffic.',
    )
  })

  it('is not needed for Sluice', () => {
    expect(remedyFor('sluice', ROUTE)).toBeUndefined()
  })
})

function owned(object: MeshObject, managedFields: readonly object[], annotations = {}): MeshObject {
  return { ...object, metadata: { ...object.metadata, annotations, managedFields } }
}

const http = (manager: string, time?: string) => ({
  manager,
  ...(time && { time }),
  fieldsV1: { 'f:spec': { 'f:hosts': {}, 'f:http': {} } },
})

describe('the GitOps tools of an object', () => {
  it('are those that own its weights, the latest first', () => {
    const object = owned(aVirtualService(), [
      http('kustomize-controller', '2026-01-01T00:00:00Z'),
      http('argocd-controller', '2026-01-02T00:00:00Z'),
      http('argocd-controller', '2026-01-03T00:00:00Z'),
      http('fleetagent'),
    ])
    expect(gitOpsManagersOf(object)).toEqual([
      { manager: 'argocd-controller', time: '2026-01-03T00:00:00Z' },
      { manager: 'kustomize-controller', time: '2026-01-01T00:00:00Z' },
      { manager: 'fleetagent' },
    ])
  })

  it('are those that own the subsets of a DestinationRule', () => {
    const subsets = { manager: 'helm-controller', fieldsV1: { 'f:spec': { 'f:subsets': {} } } }
    expect(gitOpsManagersOf(owned(aDestinationRule(), [subsets, http('argocd-controller')]))).toEqual([
      { manager: 'helm-controller' },
    ])
  })

  it.each<[string, object]>([
    ['people', http('kubectl-edit')],
    ['pipelines', http('kubectl-client-side-apply')],
    ['Helm, which does not come back by itself', http('helm')],
    ['Sluice', http('sluice')],
    ['who has no name', { fieldsV1: { 'f:spec': { 'f:http': {} } } }],
    ['who owns other fields', { manager: 'argocd-controller', fieldsV1: { 'f:spec': { 'f:hosts': {} } } }],
    ['who owns no field of the spec', { manager: 'argocd-controller', fieldsV1: { 'f:metadata': {} } }],
    ['who wrote the status', { ...http('argocd-controller'), subresource: 'status' }],
  ])('are not %s', (_, entry) => {
    expect(gitOpsManagersOf(owned(aVirtualService(), [entry]))).toEqual([])
  })

  it('are none where nobody noted who wrote', () => {
    expect(gitOpsManagersOf(aVirtualService())).toEqual([])
  })

  it.each(['IfNotPresent', 'ifnotpresent', 'Ignore'])('leave out Flux that was told %s', (policy) => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': policy }
    const owners = [http('kustomize-controller'), http('argocd-controller')]
    expect(gitOpsManagersOf(owned(aVirtualService(), owners, annotations))).toEqual([
      { manager: 'argocd-controller' },
    ])
  })
})

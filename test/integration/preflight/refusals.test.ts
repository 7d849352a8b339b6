import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standing } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'
import type { MeshManifest } from '../../../sandbox/manifests/mesh.ts'
import { ALLOW_FROM_ANNOTATION, MARK_ANNOTATION } from '../../../src/api/names.ts'
import { closeShop, openShop } from '../../e2e/harness.ts'
import type { OpenShop } from '../../e2e/harness.ts'
import { backToStable, expectRefused, meshAsItStands } from './bad-input.ts'
import { accountOf, guardOf, istiodValidates, policyFor, writersIn } from './guards.ts'
import type { Guard } from './guards.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const PLACE = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' }

let open: OpenShop
let edge: string
let sluice: SluiceProcess
let account: Guard

/** The shop's Rollout moves a VirtualService of the edge, too, where Sluice has no right to write. */
beforeAll(async () => {
  // Somebody must see to it that the Rollout is stable first; the one with few rights can't have been here yet.
  const first = await startSluice(env, { name: 'sluice-first' })
  await first.ready()
  open = await openShop('refusals')
  await first.stop()
  const { shop } = open
  edge = `${shop.namespace}-edge`
  await applyObjects(shop.config, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: edge } },
    edgeRoute({}),
  ])
  const { kubeconfig, guard } = await accountOf(shop)
  account = guard
  sluice = await startSluice(env, { settings: { KUBECONFIG: kubeconfig } })
  await sluice.ready()
  await shop.deploy('v2')
  await shop.podsReady('v2', 2)
})

afterAll(async () => {
  await closeShop(open)
  await sluice.stop()
  await account.remove()
  await open.shop.core.deleteNamespace({ name: edge })
})

function edgeRoute(changes: object): MeshManifest {
  const { namespace, host } = open.shop
  const route = [{ destination: { host, subset: 'v1', port: { number: 9080 } } }]
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'edge', namespace: edge, annotations: { [ALLOW_FROM_ANNOTATION]: namespace } },
    spec: {
      hosts: [`${namespace}.example.com`],
      gateways: ['istio-system/sluice-gateway'],
      http: [{ name: 'web', route, ...changes }],
    },
  }
}

function traffic(): object {
  const virtualServices = [{ name: 'reviews' }, { name: 'edge', namespace: edge }]
  return { service: 'reviews', existing: { virtualServices, destinationRule: { name: 'reviews' } } }
}

async function edgeAsItStands(): Promise<unknown> {
  return open.shop.custom.getNamespacedCustomObject({ ...PLACE, namespace: edge, name: 'edge' })
}

/** Asserts that v2 is refused with a message that names all this, and that neither object is touched. */
async function expectUntouched(says: readonly string[]): Promise<void> {
  const { shop } = open
  const before = [await meshAsItStands(shop), await edgeAsItStands()]
  await shop.patchRollout({ version: 'v2', traffic: traffic() })
  await expectRefused(shop, [
    `VirtualService ${edge}/edge could not be written`,
    'nothing was touched',
    ...says,
  ])
  expect([await meshAsItStands(shop), await edgeAsItStands()]).toEqual(before)
}

/** The next try begins at once, since the Rollout changes. */
async function expectGoesOn(): Promise<void> {
  const { shop } = open
  await shop.patchRollout({ progressDeadline: '44s' })
  await shop.status(
    'the release goes on',
    (now) => standing(now) === 'Reconciling/Preparing' || standing(now) === 'Reconciling/Progressing',
  )
  await backToStable(shop)
  await shop.patchRollout({ progressDeadline: '45s' })
}

describe('a release is refused before anything is touched when the API server would refuse a write, by', () => {
  it('rights that are missing for one of several objects', async () => {
    await expectUntouched(['the API server answered 403', 'cannot update resource "virtualservices"', edge])
    await applyObjects(open.shop.config, writersIn(open.shop, edge))
    await expectGoesOn()
  })

  it('an admission policy', async () => {
    const policy = await guardOf(open.shop, policyFor(edge))
    await eventually('the policy is in force', async () => isFrozen())
    await expectUntouched(['routes of the edge are frozen until Monday'])
    await policy.remove()
    await eventually('the policy is gone', async () => !(await isFrozen()))
    await expectGoesOn()
  })

  it('istiod’s validation of what stood in the object before', async () => {
    const { shop } = open
    await applyObjects(shop.config, [edgeRoute({ retries: { attempts: -3 } })])
    const validation = await guardOf(shop, await istiodValidates(env, shop, edge))
    await eventually('istiod validates', async () => isInvalid({ retries: { attempts: -4 } }))
    await expectUntouched(['validation.istio.io', 'attempts cannot be negative'])
    await applyObjects(shop.config, [edgeRoute({ retries: { attempts: 3 } })])
    await expectGoesOn()
    await validation.remove()
  })
})

/** Is a write with our mark refused? */
async function isFrozen(): Promise<boolean> {
  return isRefused(edgeRoute({}), { [MARK_ANNOTATION]: '[]' })
}

async function isInvalid(changes: object): Promise<boolean> {
  return isRefused(edgeRoute(changes))
}

async function isRefused(
  { apiVersion, kind, spec }: MeshManifest,
  annotations: Record<string, string> = {},
): Promise<boolean> {
  const current = (await edgeAsItStands()) as MeshManifest
  const { resourceVersion = '' } = current.metadata ?? {}
  const metadata = { name: 'edge', namespace: edge, resourceVersion, annotations }
  const body = { apiVersion, kind, metadata, spec }
  const request = { ...PLACE, namespace: edge, name: 'edge', body, dryRun: 'All' }
  return open.shop.custom.replaceNamespacedCustomObject(request).then(
    () => false,
    () => true,
  )
}

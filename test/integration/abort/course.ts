import type { KubernetesObject } from '@kubernetes/client-node'
import { Ledger } from '../../../sandbox/kit/ledger.ts'
import type { Change } from '../../../sandbox/kit/ledger.ts'
import { hasWeight } from '../../../sandbox/kit/shop.ts'
import { applyObjects, demoNamespace, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { FIELD_MANAGER } from '../../../src/api/names.ts'
import { sharesOf } from '../../../src/core/traffic/route.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { cheapSpec, openShop, release, stopAt } from '../../e2e/harness.ts'
import type { OpenShop } from '../../e2e/harness.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** Name of the second VirtualService, in a namespace of its own. */
export const EDGE = 'edge'

/** A release that is observed at 50 % in two VirtualServices, and the record of all writes since. */
export interface Observed extends OpenShop {
  readonly edgeNamespace: string
  readonly ledger: Ledger
}

/** Opens a shop with two VirtualServices, and releases v2 up to 50 %. */
export async function observed(name: string, changes: Record<string, unknown> = {}): Promise<Observed> {
  const open = await openShop(name, changes)
  const { shop } = open
  const edgeNamespace = `${shop.namespace}-edge`
  await applyObjects(shop.config, [demoNamespace(edgeNamespace), edge(edgeNamespace, shop.namespace)])
  const virtualServices = [{ name: 'reviews' }, { name: EDGE, namespace: edgeNamespace }]
  const { traffic } = cheapSpec('v1') as { traffic: { service: string } }
  const existing = { virtualServices, destinationRule: { name: 'reviews' } }
  await shop.patchRollout({ traffic: { ...traffic, existing }, steps: stopAt(50) })
  await release(shop, 'v2')
  await shop.status('v2 at 50 %', (status) => hasWeight(status, 50) && status.verdicts !== undefined)
  const ledger = await Ledger.begin(workerSandbox())
  return { ...open, edgeNamespace, ledger }
}

function edge(namespace: string, from: string): KubernetesObject {
  const plain = demoVirtualService({ name: 'reviews', namespace: from, weights: { v1: 100 } })
  const metadata = { name: EDGE, namespace, annotations: { 'sluice.dev/allow-from': from } }
  const hosts = [`edge.${from}.example.com`]
  const gateways = ['istio-system/sluice-gateway']
  return { ...plain, metadata, spec: { ...plain.spec, hosts, gateways } } as KubernetesObject
}

/** What was written in the shop's namespaces since the release is observed, in order: others are released beside it. */
export function changesOf({ ledger, shop, edgeNamespace }: Observed): Change[] {
  return ledger.changes.filter(({ namespace }) => [shop.namespace, edgeNamespace].includes(namespace))
}

/** What was written of the routes one after the other: `object subset percent, …`, and by whom. */
export function routesWritten(open: Observed): string[] {
  const texts = changesOf(open)
    .filter(isOurRoute)
    .map(({ name, after }) => `${name}: v2 ${canaryOf(after, open.shop.namespace)} %`)
  return texts.filter((text, index) => texts.findIndex((other) => other === text) === index)
}

function isOurRoute({ kind, writer, after }: Change): boolean {
  return kind === 'VirtualService' && writer === FIELD_MANAGER && after !== undefined
}

/** Percent of v2 in the route of a VirtualService; undefined where there is none. */
export function canaryOf(object: KubernetesObject | undefined, namespace: string): number | undefined {
  if (object?.kind !== 'VirtualService') return undefined
  const route = object as unknown as VirtualService
  const shares = sharesOf(route, route.spec.http?.[0] ?? {}, { name: 'reviews', namespace })
  return shares.find(({ subset }) => subset?.startsWith('v2'))?.percent ?? 0
}

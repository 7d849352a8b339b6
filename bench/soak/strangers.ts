import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { KubernetesObject } from '@kubernetes/client-node'
import { MARK_ANNOTATION } from '../../src/api/names.ts'
import type { DestinationRule, RouteDestination, VirtualService } from '../../src/core/traffic/types.ts'
import { ROUTE, SERVICE, versionOf } from './checks/scene.ts'
import type { SoakShop } from './shop.ts'

const ISTIO = { group: 'networking.istio.io', version: 'v1' }
const KINDS = { virtualservices: 'VirtualService', destinationrules: 'DestinationRule' } as const
/** Longest time until the ledger has what was written (milliseconds). */
const SEEN_MS = 60_000

/** Somebody else gives the canary most of the requests. */
export async function moveWeights(shop: SoakShop): Promise<void> {
  await patchRoute(shop, 'stranger', (entries) =>
    entries.map((entry, index) => ({
      ...entry,
      weight: index === 0 ? 10 : Math.floor(90 / (entries.length - 1)),
    })),
  )
}

/** Somebody else sends all requests to a version that was retired long ago. */
export async function routeToRetired(shop: SoakShop): Promise<void> {
  await patchRoute(shop, 'git-tool', ([first]) => [
    {
      ...first,
      destination: { ...first?.destination, host: first?.destination.host ?? SERVICE, subset: 'gone' },
      weight: 100,
    },
  ])
}

async function patchRoute(
  shop: SoakShop,
  fieldManager: string,
  change: (entries: readonly RouteDestination[]) => readonly RouteDestination[],
): Promise<void> {
  await replace(shop, 'virtualservices', fieldManager, (object) => {
    const { spec, ...rest } = object as VirtualService
    const http = spec.http?.map((route) =>
      route.name === ROUTE ? { ...route, route: change(route.route ?? []) } : route,
    )
    return { ...rest, spec: { ...spec, http } }
  })
}

/** Somebody else takes our mark out of the VirtualService, and leaves the weights. */
export async function stripMark(soak: SoakShop): Promise<void> {
  const { shop } = soak
  const body = { metadata: { annotations: { [MARK_ANNOTATION]: null } } }
  const request = {
    ...ISTIO,
    plural: 'virtualservices',
    namespace: shop.namespace,
    name: SERVICE,
    body,
    fieldManager: 'stranger',
  }
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  await soak.patiently(async () => shop.custom.patchNamespacedCustomObject(request, options))
}

/** Somebody else takes the subset of a version out of the DestinationRule. */
export async function takeSubset(shop: SoakShop, version: string): Promise<void> {
  await replace(shop, 'destinationrules', 'stranger', (object) => {
    const rule = object as DestinationRule
    const subsets = rule.spec.subsets?.filter(({ name }) => versionOf(rule, name) !== version)
    return { ...rule, spec: { ...rule.spec, subsets } }
  })
}

/** `kubectl replace` of what Git has: all to stable, and no mark. */
export async function replaceByGit(shop: SoakShop, git: VirtualService): Promise<void> {
  const { [MARK_ANNOTATION]: _mark, ...annotations } = git.metadata.annotations ?? {}
  await replace(shop, 'virtualservices', 'git-tool', ({ metadata, ...rest }) => {
    return { ...rest, metadata: { ...metadata, annotations }, spec: git.spec }
  })
}

/** Returns when the ledger has it, too: whoever looks there for the answer must not find what was before. */
async function replace(
  soak: SoakShop,
  plural: keyof typeof KINDS,
  fieldManager: string,
  change: (object: VirtualService | DestinationRule) => object,
): Promise<void> {
  const { shop } = soak
  const ref = { ...ISTIO, plural, namespace: shop.namespace, name: SERVICE }
  const written = await soak.patiently(async (): Promise<KubernetesObject> => {
    const object = (await shop.custom.getNamespacedCustomObject(ref)) as VirtualService
    const after: unknown = await shop.custom.replaceNamespacedCustomObject({
      ...ref,
      body: change(object),
      fieldManager,
    })
    return after as KubernetesObject
  })
  await soak.until('what was replaced is seen', () => soak.ledger.knows(KINDS[plural], written), SEEN_MS)
}

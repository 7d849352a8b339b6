import { GROUP_VERSION } from '../../src/api/names.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import type { MeshObjects } from '../../sandbox/kit/remains.ts'
import type { AppEnv } from '../../sandbox/kit/shop.ts'
import {
  applyObjects,
  demoDeployment,
  demoDestinationRule,
  demoNamespace,
  demoService,
  demoVirtualService,
} from '../../sandbox/manifests/index.ts'
import type { Lab } from './lab.ts'

const NAME = 'reviews'

/** The version that every shop begins with. */
export const STABLE = 'v1'

/** Full mesh host of the service of a shop. */
export function hostOf(namespace: string): string {
  return `${NAME}.${namespace}.svc.cluster.local`
}

/**
 * A namespace with the service `reviews`, all of its versions with one pod each, and all traffic on v1.
 * @param shared the pods need no processes of their own
 */
export async function openShop(
  { client }: Lab,
  namespace: string,
  versions: Readonly<Record<string, AppEnv>>,
  { shared = false }: { readonly shared?: boolean } = {},
): Promise<void> {
  const deployments = Object.entries(versions).map(([version, env]) =>
    demoDeployment({ name: NAME, namespace, version, env, shared }),
  )
  await applyObjects(client.config, [
    demoNamespace(namespace),
    demoService({ name: NAME, namespace }),
    demoDestinationRule({ name: NAME, namespace, versions: [STABLE] }),
    demoVirtualService({ name: NAME, namespace, weights: { [STABLE]: 100 } }),
    ...deployments,
  ])
}

/** Applies the Rollout of a shop. */
export async function applyRollout(
  { client }: Lab,
  namespace: string,
  spec: Record<string, unknown>,
): Promise<void> {
  const rollout = { apiVersion: GROUP_VERSION, kind: 'Rollout', metadata: { name: NAME, namespace }, spec }
  await applyObjects(client.config, [rollout])
}

/** Number of ready pods of a shop; of one version where that is given. */
export function readyPods({ caches }: Lab, namespace: string, version?: string): number {
  return caches.pods
    .list(namespace)
    .filter(({ metadata }) => version === undefined || metadata?.labels?.['version'] === version)
    .filter(({ status }) =>
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    ).length
}

/** Status of the Rollout of a shop. */
export function statusOf({ caches }: Lab, namespace: string): RolloutStatus {
  return caches.rollouts.get({ namespace, name: NAME })?.status ?? {}
}

/** True when the release of a version is over, whatever came of it. */
export function isOver(lab: Lab, namespace: string, version: string): boolean {
  const { release } = statusOf(lab, namespace)
  return release?.version === version && release.phase === 'Done'
}

/** Mesh objects of a shop as they stand. Throws when one is not there. */
export function meshOf({ caches }: Lab, namespace: string): MeshObjects {
  const ref = { namespace, name: NAME }
  const virtualService: VirtualService | undefined = caches.virtualServices.get(ref)
  const destinationRule: DestinationRule | undefined = caches.destinationRules.get(ref)
  if (!virtualService || !destinationRule) throw new Error(`the mesh objects of ${namespace} are not there`)
  return { virtualService, destinationRule }
}

import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { Shop, quickSpec } from '../../sandbox/kit/shop.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import { applyObjects, demoDeployment, demoService } from '../../sandbox/manifests/index.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** A shop under load whose Rollout is stable at v1. */
export interface OpenShop {
  readonly shop: Shop
  readonly load: LoadProcess
}

/** Requests a second: few, since several shops run beside each other. */
const RATE = 60

/**
 * A release in seconds, on errors alone: no latency limits, since a busy test machine is slow by itself. At 25 % errors
 * allowed, 16 requests are enough for a step.
 */
export function cheapSpec(version: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return quickSpec(version, {
    steps: [
      { weight: 20, hold: '1s' },
      { weight: 50, hold: '1s' },
      { weight: 100, hold: '1s' },
    ],
    analysis: {
      interval: '1s',
      warmup: '0s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '25%' }],
    },
    ...changes,
  })
}

/** Steps of which the one with the given weight lasts until something happens. */
export function stopAt(weight: number): { weight: number; hold: string }[] {
  return [5, 20, 50, 100]
    .filter((one) => one <= weight || one === 100)
    .map((one) => {
      return { weight: one, hold: one === weight ? '10m' : '1s' }
    })
}

/** Opens a shop in a new namespace, under load, and waits until its Rollout is stable at v1. */
export async function openShop(
  name: string,
  changes: Record<string, unknown> = {},
  env: SandboxEnv = workerSandbox(),
): Promise<OpenShop> {
  // Its own at every run: a test that failed leaves its namespace for a look at what went wrong.
  const shop = new Shop(env, `${name}-${Date.now().toString(36)}`)
  await shop.open()
  await shop.reachable()
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, path: '/', ratePerSecond: RATE })
  await shop.applyRollout(cheapSpec('v1', changes))
  await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
  return { shop, load }
}

/** Deploys a version and asks for it. */
export async function release(
  shop: Shop,
  version: string,
  app: Record<string, string | number> = {},
): Promise<void> {
  await shop.deploy(version, app)
  await shop.podsReady(version, 2)
  await shop.patchRollout({ version })
}

/** What a version calls with `DEPENDENCY: 'ratings'`: without replicas, all of its answers are errors. */
export async function ratings({ config, namespace }: Shop, replicas: number): Promise<void> {
  await applyObjects(config, [
    demoService({ name: 'ratings', namespace }),
    demoDeployment({ name: 'ratings', namespace, version: 'v1', replicas }),
  ])
}

/** Waits until a release of the version is over. */
export async function releaseOver(shop: Shop, version: string, withinMs = 90_000): Promise<RolloutStatus> {
  const isOver = ({ release: current }: RolloutStatus) =>
    current?.version === version && current.phase === 'Done'
  return shop.status(`the release of ${version} is over`, isOver, withinMs)
}

/** Ends what a test opened. */
export async function closeShop({ shop, load }: OpenShop): Promise<void> {
  await load.stop()
  await shop.close()
}

/** VirtualService and DestinationRule as they stand. */
export async function meshOf(shop: Shop) {
  return { virtualService: await shop.virtualService(), destinationRule: await shop.destinationRule() }
}

/** Somebody who is not of ours replaces the http routes of the VirtualService. */
export async function strangerWrites(shop: Shop, http: unknown): Promise<void> {
  await strangerPatches(shop, 'virtualservices', { http })
}

/** Somebody who is not of ours replaces the subsets of the DestinationRule. */
export async function strangerWritesSubsets(shop: Shop, subsets: unknown): Promise<void> {
  await strangerPatches(shop, 'destinationrules', { subsets })
}

async function strangerPatches(shop: Shop, plural: string, spec: object): Promise<void> {
  await shop.custom.patchNamespacedCustomObject(
    {
      group: 'networking.istio.io',
      version: 'v1',
      plural,
      namespace: shop.namespace,
      name: 'reviews',
      body: { spec },
      fieldManager: 'stranger',
    },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  )
}

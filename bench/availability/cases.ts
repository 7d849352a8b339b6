import type { V1Pod } from '@kubernetes/client-node'
import { quickSpec } from '../../sandbox/kit/shop.ts'
import type { AppEnv, Shop } from '../../sandbox/kit/shop.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'

/** Pods of each version. */
export const PODS = 3
/** Weight (percent) at which pods are restarted, or at which something else is wanted. */
const MIDDLE = 50
const OVER_WITHIN_MS = 120_000

/** Something that happens to a service whose users must not notice. The versions go on from one case to the next. */
export interface Case {
  readonly name: string
  /** Resolves when it is over, old pods and all. Throws when it ends otherwise than it should. */
  readonly run: (shop: Shop) => Promise<void>
}

export const CASES: readonly Case[] = [
  { name: 'promotion and retirement', run: promotion },
  { name: 'rollback', run: rollback },
  { name: 'third version', run: thirdVersion },
  { name: 'way back', run: wayBack },
]

/** The Rollout's spec: steps of a few seconds, and a limit that some hundred requests can keep. */
export function specOf(version: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return quickSpec(version, {
    steps: [20, MIDDLE, 100].map((weight) => ({ weight, hold: '3s' })),
    analysis: {
      interval: '1s',
      warmup: '1s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '10%' }],
    },
    ...changes,
  })
}

async function promotion(shop: Shop): Promise<void> {
  await ask(shop, 'v2')
  await restartBoth(shop, 'v1', 'v2')
  await over(shop, 'v2', 'Promoted')
  await eventually('v1 has no pods', async () => (await shop.pods('v1')).length === 0)
}

async function rollback(shop: Shop): Promise<void> {
  await shop.deploy('v3', { ERROR_RATE: 1 }, PODS)
  await shop.podsReady('v3', PODS)
  await Promise.all([restartOne(shop, 'v2'), shop.patchRollout(specOf('v3'))])
  await over(shop, 'v3', 'RolledBack')
}

async function thirdVersion(shop: Shop): Promise<void> {
  await ask(shop, 'v4')
  await reached(shop, 'v4')
  await ask(shop, 'v5')
  await restartBoth(shop, 'v2', 'v5')
  await over(shop, 'v5', 'Promoted')
}

async function wayBack(shop: Shop): Promise<void> {
  await ask(shop, 'v6', {}, { retire: { after: '10m' } })
  await shop.status(
    'v6 is promoted',
    ({ release }) => release?.version === 'v6' && release.phase === 'Retaining',
    OVER_WITHIN_MS,
  )
  await Promise.all([restartOne(shop, 'v5'), restartOne(shop, 'v6')])
  await shop.patchRollout(specOf('v5'))
  // v6 stays ready for its 10 minutes: the way forth is as short.
  const isBack = ({ history, weight }: RolloutStatus) =>
    history?.[0]?.to === 'v5' && history[0].result === 'Returned' && weight?.observed === 100
  await shop.status('v5 has all requests', isBack, OVER_WITHIN_MS)
}

/** Deploys a version and asks for it. */
async function ask(
  shop: Shop,
  version: string,
  app: AppEnv = {},
  changes: Record<string, unknown> = {},
): Promise<void> {
  await shop.deploy(version, app, PODS)
  await shop.podsReady(version, PODS)
  await shop.patchRollout(specOf(version, changes))
}

async function reached(shop: Shop, version: string): Promise<void> {
  const isThere = ({ release, weight }: RolloutStatus) =>
    release?.version === version && (weight?.observed ?? 0) >= MIDDLE
  await shop.status(`${version} has ${MIDDLE} %`, isThere, OVER_WITHIN_MS)
}

async function over(shop: Shop, version: string, result: string): Promise<void> {
  const isOver = ({ release }: RolloutStatus) => release?.version === version && release.phase === 'Done'
  const { history } = await shop.status(`the release of ${version} is over`, isOver, OVER_WITHIN_MS)
  const [last] = history ?? []
  if (last?.to === version && last.result === result) return
  throw new Error(
    `the release of ${version} ended with ${last?.result} (${last?.reason}), and not with ${result}`,
  )
}

/** Restarts one pod of each version while both have requests. */
async function restartBoth(shop: Shop, stable: string, canary: string): Promise<void> {
  await reached(shop, canary)
  await Promise.all([restartOne(shop, stable), restartOne(shop, canary)])
}

/** Takes a pod away in order, as a drained node does, and waits for the one that comes instead. */
async function restartOne(shop: Shop, version: string): Promise<void> {
  const pod = (await shop.pods(version)).find(isStaying)
  const name = pod?.metadata?.name
  if (name === undefined) throw new Error(`${version} has no pod to restart`)
  await shop.core.deleteNamespacedPod({ namespace: shop.namespace, name })
  await eventually(`${name} is gone`, async () =>
    (await shop.pods(version)).every(({ metadata }) => metadata?.name !== name),
  )
}

function isStaying({ metadata }: V1Pod): boolean {
  return metadata?.deletionTimestamp === undefined
}

import { expect } from 'vitest'
import { hasStanding } from './standing.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'

/** Something wrong with a Rollout or its objects that only a look into the cluster shows. */
export interface BadInput {
  readonly title: string
  /** What the message names: the field, what was found, what is allowed. */
  readonly says: (namespace: string) => readonly string[]
  /** Makes it wrong; what it returns is handed to `mend`. */
  readonly spoil: (shop: Shop) => Promise<unknown>
  /** The spec in which it shows; default: v2 is wanted. */
  readonly wants?: Record<string, unknown>
  readonly mend: (shop: Shop, spoiled: unknown) => Promise<void>
}

/** Edits of the Rollout, each refused again: the time until a try without a cause is then more than a minute. */
const EDITS = ['41s', '42s', '43s', '44s']
/** Within this time a correction is noticed (milliseconds): far less than the time until the next try. */
const NOTICED_MS = 30_000

/** Asserts that a release is refused with the reason, that nothing is touched, and that it goes on when corrected. */
export async function expectRefusedUntilMended(shop: Shop, bad: BadInput): Promise<void> {
  const spoiled = await bad.spoil(shop)
  try {
    const before = await meshAsItStands(shop)
    await shop.patchRollout({ version: 'v2', ...bad.wants })
    await expectRefused(shop, bad.says(shop.namespace))
    for (const progressDeadline of EDITS) {
      await shop.patchRollout({ progressDeadline })
      await expectRefused(shop, bad.says(shop.namespace))
    }
    expect(await meshAsItStands(shop)).toEqual(before)
  } finally {
    await bad.mend(shop, spoiled) // the shop is used again
  }
  await shop.status('the release goes on', hasStanding('Reconciling/Preparing'), NOTICED_MS)
}

/** Waits until the Rollout as it is now was refused, and asserts what the conditions say. */
export async function expectRefused(shop: Shop, says: readonly string[]): Promise<void> {
  const generation = (await shop.rollout())?.metadata?.generation
  const isAnswered = (status: Parameters<ReturnType<typeof hasStanding>>[0]) =>
    hasStanding('Stalled/PreflightFailed')(status) &&
    status.conditions?.every(({ observedGeneration }) => observedGeneration === generation) === true
  const status = await shop.status('the release is refused', isAnswered, NOTICED_MS)
  const stalled = status.conditions?.find(({ type }) => type === 'Stalled')
  for (const part of says) expect(stalled?.message).toContain(part)
  expect(status.message).toBe(stalled?.message)
}

/** Asks for v1 again, whose pods have all traffic, and waits until that is all there is. */
export async function backToStable(shop: Shop): Promise<void> {
  await shop.patchRollout({ version: 'v1' })
  await shop.status('v1 is stable again', (status) => {
    const { release } = status
    return hasStanding('Ready/Stable')(status) && (release === undefined || release.phase === 'Done')
  })
}

/** Whatever a release could have touched; an object that is not there is undefined. */
async function meshAsItStands(shop: Shop): Promise<unknown> {
  const lists = ['virtualservices', 'destinationrules'].map(async (plural) => {
    const place = { group: 'networking.istio.io', version: 'v1', plural, namespace: shop.namespace }
    return ((await shop.custom.listNamespacedCustomObject(place)) as { items: unknown[] }).items
  })
  return Promise.all(lists)
}

/** Waits until a version has no ready pod. */
export async function podsGone(shop: Shop, version: string): Promise<void> {
  await eventually(`no pod of ${version} is ready`, async () => (await shop.readyPods(version)) === 0)
}

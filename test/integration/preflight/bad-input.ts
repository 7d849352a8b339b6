import { expect } from 'vitest'
import { standing } from '../../../sandbox/kit/shop.ts'
import { cheapSpec } from '../../e2e/harness.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'

/** Something wrong with a Rollout or its objects that only a look into the cluster shows. */
export interface BadInput {
  readonly title: string
  /** What the message names: the field, what was found, what is allowed. */
  readonly says: (namespace: string) => readonly string[]
  /** Makes it wrong in the cluster; what it returns is handed to `mend`. */
  readonly spoil?: (shop: Shop) => Promise<unknown>
  /** Makes it wrong in the spec. */
  readonly wants?: Record<string, unknown> | ((namespace: string) => Record<string, unknown>)
  /** Nothing tells Sluice that it was corrected: it sees so at its next try. */
  readonly isUnwatched?: true
  readonly mend: (shop: Shop, spoiled: unknown) => Promise<void>
}

/** Edits of the Rollout, each refused again: the time until a try without a cause is then more than a minute. */
const EDITS = ['41s', '42s', '43s']
/** Within this time a correction is noticed (milliseconds): far less than the time until the next try. */
const NOTICED_MS = 30_000

/**
 * Asserts that the release of a version is refused, that nothing is touched, and tells what it does when
 * that is corrected. The version has no pods yet, so that the release waits for them then.
 */
export async function goesOnWhenMended(shop: Shop, version: string, bad: BadInput): Promise<string> {
  const says = bad.says(shop.namespace)
  await shop.patchRollout({ version })
  await expectRefused(shop, ['spec.version', `version=${version}`])
  const spoiled = await bad.spoil?.(shop)
  try {
    const before = await meshAsItStands(shop)
    const { wants } = bad
    if (wants) await shop.patchRollout(typeof wants === 'function' ? wants(shop.namespace) : wants)
    await expectRefused(shop, says)
    await shop.deploy(version, {}, 0)
    for (const progressDeadline of EDITS) {
      await shop.patchRollout({ progressDeadline })
      await expectRefused(shop, says)
    }
    expect(await meshAsItStands(shop)).toEqual(before)
  } finally {
    await bad.mend(shop, spoiled) // the shop is used again
  }
  if (bad.isUnwatched) await shop.patchRollout({ progressDeadline: '44s' })
  const status = await shop.status(
    'the release goes on',
    (now) => standing(now) !== 'Stalled/PreflightFailed' && now.release?.phase !== 'Refused',
    NOTICED_MS,
  )
  return standing(status)
}

/**
 * Asserts that the first release of a shop is refused, as long as no mark tells how the objects should be, and that
 * nothing but the lack of requests stands in its way when that is corrected.
 */
export async function expectRefusedAtFirst(shop: Shop, bad: BadInput): Promise<void> {
  await shop.open()
  await bad.spoil?.(shop)
  await shop.deploy('v2', {}, 0)
  const before = await meshAsItStands(shop)
  await shop.applyRollout(cheapSpec('v2'))
  await expectRefused(shop, bad.says(shop.namespace))
  expect(await meshAsItStands(shop)).toEqual(before)
  await bad.mend(shop, undefined)
  await expectRefused(shop, ['Prometheus has no istio_requests_total of Service reviews'])
}

/** Waits until the Rollout as it is now is refused with a message that names all this. */
export async function expectRefused(shop: Shop, says: readonly string[]): Promise<void> {
  const generation = (await shop.rollout())?.metadata?.generation
  const status = await shop.status(
    `the release is refused: ${says.join(' … ')}`,
    (now) => {
      const stalled = now.conditions?.find(
        ({ type, status: value }) => type === 'Stalled' && value === 'True',
      )
      return (
        stalled?.observedGeneration === generation &&
        now.observedGeneration === generation &&
        says.every((part) => stalled?.message.includes(part))
      )
    },
    NOTICED_MS,
  )
  expect(standing(status)).toBe('Stalled/PreflightFailed')
  expect(status.message).toBe(status.conditions?.find(({ type }) => type === 'Stalled')?.message)
}

/** Asks for v1 again, whose pods have all traffic, and waits until that is all there is. */
export async function backToStable(shop: Shop): Promise<void> {
  await shop.patchRollout({ version: 'v1' })
  await shop.status('v1 is stable again', (status) => {
    const { release } = status
    return standing(status) === 'Ready/Stable' && (release === undefined || release.phase === 'Done')
  })
}

/** Whatever a release could have touched, in the shop's namespace. */
export async function meshAsItStands(shop: Shop): Promise<unknown> {
  const lists = ['virtualservices', 'destinationrules'].map(async (plural) => {
    const place = { group: 'networking.istio.io', version: 'v1', plural, namespace: shop.namespace }
    return ((await shop.custom.listNamespacedCustomObject(place)) as { items: unknown[] }).items
  })
  return Promise.all(lists)
}

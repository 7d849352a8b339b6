import { inject } from 'vitest'
import type { TestContext } from 'vitest'
import { actingActivities, observingActivities } from '../../../src/activities/index.ts'
import { createWorkers } from '../../../src/adapters/temporal/workers.ts'
import { ROLLOUT, aPlan } from '../../core/shop.ts'
import type { Release } from './release.ts'
import type { Shop } from './shop.ts'
import { Stage } from './stage.ts'

/** A release whose activities are the real ones, in a shop that is kept in memory. */
export async function releaseIn(shop: Shop, { onTestFinished }: TestContext): Promise<Release> {
  const stage = await Stage.open(inject('temporal'))
  onTestFinished(async () => stage.close())
  const ports = shop.ports()
  await stage.work(async ({ connection, namespace, bundle }) =>
    createWorkers(connection, namespace, {
      bundle,
      acting: actingActivities(ports),
      observing: observingActivities(ports),
    }),
  )
  return stage.release({ plan: aPlan(), templateHash: shop.templateHash() }, ROLLOUT)
}

import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'

/** Waits until a version has no ready pod. */
export async function noPodReady(shop: Shop, version: string): Promise<void> {
  await eventually(`no pod of ${version} is ready`, async () => (await shop.readyPods(version)) === 0)
}

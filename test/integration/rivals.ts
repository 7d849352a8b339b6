import type { Shop, ShownRollout } from '../../sandbox/kit/shop.ts'
import { standing } from '../../sandbox/kit/shop.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { API_VERSION, GROUP, GROUP_VERSION } from '../../src/api/names.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'

const ROLLOUTS = { group: GROUP, version: API_VERSION, plural: 'rollouts' }

/** Another Rollout in the shop's namespace, beside `reviews`. */
export class Rival {
  readonly #shop: Shop
  readonly #name: string

  constructor(shop: Shop, name: string) {
    this.#shop = shop
    this.#name = name
  }

  /** Creates it, in a later second than `reviews`: creation times are no finer. */
  async create(spec: Record<string, unknown>): Promise<void> {
    const { namespace } = this.#shop
    const older = Date.parse(String((await this.#shop.rollout())?.metadata?.creationTimestamp))
    await eventually('the next second', async () => Date.now() >= older + 1_000)
    const metadata = { name: this.#name, namespace }
    const body = { apiVersion: GROUP_VERSION, kind: 'Rollout', metadata, spec }
    await this.#shop.custom.createNamespacedCustomObject({ ...ROLLOUTS, namespace, body })
  }

  /** Waits until its status is as asked for, and returns it. */
  async status(what: string, holds: (status: RolloutStatus) => boolean): Promise<RolloutStatus> {
    const request = { ...ROLLOUTS, namespace: this.#shop.namespace, name: this.#name }
    return eventually(what, async () => {
      const { status } = (await this.#shop.custom.getNamespacedCustomObject(request)) as ShownRollout
      return status !== undefined && holds(status) && status
    })
  }

  /** Waits until it is refused because the route is another's; the message. */
  async refusal(): Promise<string> {
    const status = await this.status('the younger Rollout is refused', (now) =>
      standing(now).startsWith('Stalled/'),
    )
    return status.message ?? ''
  }
}

import { expect, it } from 'vitest'
import { moveWeights, takeSubset } from '../../../bench/soak/strangers.ts'
import type { SoakShop } from '../../../bench/soak/shop.ts'
import { aDestinationRule, aVirtualService } from '../../core/shop.ts'

/** A shop whose ledger comes to know of a write when the test says so. */
function lateShop(object: object): { soak: SoakShop; hear: () => void; isAsked: Promise<void> } {
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>()
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
  const written = { ...object, metadata: { resourceVersion: '8' } }
  const custom = {
    getNamespacedCustomObject: async () => object,
    replaceNamespacedCustomObject: async () => written,
  }
  const soak = {
    shop: { namespace: 'shop', custom },
    ledger: { knows: (_: string, known: object) => known === written },
    patiently: async <T>(work: () => Promise<T>) => work(),
    until: async (_: string, look: () => boolean) => {
      ask()
      await heard
      expect(look()).toBe(true)
    },
  }
  return { soak: soak as unknown as SoakShop, hear, isAsked }
}

it.each([
  ['a subset is taken', aDestinationRule(), async (shop: SoakShop) => takeSubset(shop, 'v1')],
  ['weights are moved', aVirtualService(), moveWeights],
])('%s only when the ledger has it: what was before would look like the answer', async (_, object, act) => {
  const { soak, hear, isAsked } = lateShop(object)
  let isOver = false
  const acting = act(soak).then(() => (isOver = true))
  await isAsked
  expect(isOver).toBe(false)
  hear()
  await acting
  expect(isOver).toBe(true)
})

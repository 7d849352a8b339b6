import { expect, it } from 'vitest'
import { Stage } from './stage.ts'

const OLD = 'deployments.apps/reviews-v1'
const NEW = 'deployments.apps/reviews-v2'

it('the status names the workloads that nobody should take away, before they get traffic and until they have none', async () => {
  const stage = new Stage()
  stage.answer('v2', 0)
  const preparing = await stage.until('Preparing')
  await stage.until('Observing', preparing)
  expect(stage.shop.status.serving).toEqual([OLD, NEW])

  const again = new Stage()
  again.answer('v2', 0)
  const retaining = await again.until('Retaining')
  expect(again.shop.status.serving).toEqual([OLD, NEW])
  await again.until('Done', retaining)
  expect(again.shop.status.serving).toEqual([NEW])
})

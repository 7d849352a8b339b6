import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node'
import { remainsOf } from '../../../sandbox/kit/remains.ts'
import { Shop, standing } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { foreignErrors, startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { applyObjects, demoDeployment } from '../../../sandbox/manifests/index.ts'
import { cheapSpec, closeShop, meshOf, release, releaseOver } from '../../e2e/harness.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
/** The longest name of a Service, and the longest value of a label, with all that a label may have. */
const LONGEST = `reviews-${'x'.repeat(54)}z`
const odd = (version: string) => `${version}_rc.1-${'Y'.repeat(63 - version.length - 6)}`

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(env)
  await sluice.ready()
})
afterAll(async () => sluice.stop())

async function loadOf(shop: Shop): Promise<LoadProcess> {
  await shop.reachable()
  return startLoadProcess({ url: env.gateway, host: shop.host, ratePerSecond: 60 })
}

function traffic(name: string): object {
  return { service: name, existing: { virtualServices: [{ name }], destinationRule: { name } } }
}

describe.concurrent('a release', () => {
  it('of versions like v1.2.3_rc.1, of objects with names as long as they may be, is judged like any other', async () => {
    const shop = new Shop(env, `names-${Date.now().toString(36)}`, LONGEST)
    expect([LONGEST, odd('v1.2.3')].map(({ length }) => length)).toEqual([63, 63])
    await shop.open()
    const load = await loadOf(shop)
    await shop.applyRollout(cheapSpec('v1', { traffic: traffic(LONGEST) }))
    await shop.status('v1 is stable', ({ stableVersion }) => stableVersion === 'v1')
    const before = await meshOf(shop)

    await release(shop, odd('v1.2.3'))
    const good = await releaseOver(shop, odd('v1.2.3'))
    expect(good.history?.[0]).toMatchObject({ from: 'v1', to: odd('v1.2.3'), result: 'Promoted' })
    expect(remainsOf(before, await meshOf(shop), odd('v1.2.3'))).toEqual([])

    await release(shop, odd('v1.2.4'), { ERROR_RATE: 1 })
    const bad = await releaseOver(shop, odd('v1.2.4'))
    expect(standing(bad)).toBe('Stalled/RolledBack')
    expect(bad.lastFailed).toMatchObject({ version: odd('v1.2.4'), reason: 'MetricFailed' })
    expect(remainsOf(before, await meshOf(shop), odd('v1.2.3'))).toEqual([])

    await release(shop, 'v1.2.5')
    expect((await releaseOver(shop, 'v1.2.5')).stableVersion).toBe('v1.2.5')
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop({ shop, load })
  })

  it('whose versions differ in a label that Istio does not report is judged by its workloads', async () => {
    const shop = new Shop(env, `version-label-${Date.now().toString(36)}`)
    const labels = (track: string) => ({ app: 'reviews', version: 'all-alike', track })
    await shop.open()
    await setLabels(shop, 'one', labels('blue'))
    const load = await loadOf(shop)
    await shop.applyRollout(cheapSpec('blue', { versionLabel: 'track' }))
    await shop.status('blue is stable', ({ stableVersion }) => stableVersion === 'blue')

    await applyObjects(shop.config, [deployment(shop, 'two', labels('green'), 1)])
    await shop.patchRollout({ version: 'green' })
    const bad = await releaseOver(shop, 'green')
    expect(bad.lastFailed).toMatchObject({ version: 'green', reason: 'MetricFailed' })

    await applyObjects(shop.config, [deployment(shop, 'two', labels('green'), 0)])
    const good = await shop.status('green is promoted', ({ stableVersion }) => stableVersion === 'green')
    expect(good.history?.[0]).toMatchObject({ from: 'blue', to: 'green', result: 'Promoted' })
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop({ shop, load })
  })
})

/** Two pods with such labels. */
function deployment(
  { namespace }: Shop,
  name: string,
  labels: Record<string, string>,
  errors: number,
): KubernetesObject {
  const { apiVersion, kind, metadata, spec }: V1Deployment = demoDeployment({
    name: 'reviews',
    namespace,
    version: name,
    replicas: 2,
    env: { ERROR_RATE: errors },
  })
  const template = { metadata: { labels }, spec: spec?.template.spec }
  const changed = { replicas: spec?.replicas, selector: { matchLabels: labels }, template }
  return { apiVersion, kind, metadata, spec: changed } as KubernetesObject
}

/** Replaces the pods of v1 by others, which the only subset selects by `track`. */
async function setLabels(shop: Shop, name: string, labels: Record<string, string>): Promise<void> {
  const { apiVersion, kind, metadata } = await shop.destinationRule()
  const subsets = [{ name: 'v1', labels: { track: labels['track'] } }]
  await applyObjects(shop.config, [
    deployment(shop, name, labels, 0),
    {
      apiVersion,
      kind,
      metadata: { name: metadata.name, namespace: shop.namespace },
      spec: { host: shop.host, subsets },
    } as KubernetesObject,
  ])
  await expect
    .poll(
      async () => (await shop.core.listNamespacedPod(podsOf(shop, labels))).items.filter(isReady).length,
      {
        timeout: 60_000,
      },
    )
    .toBe(2)
  await shop.deploy('v1', {}, 0)
}

function podsOf({ namespace }: Shop, labels: Record<string, string>) {
  const labelSelector = Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',')
  return { namespace, labelSelector }
}

function isReady({ status }: { status?: { conditions?: { type: string; status: string }[] } }): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
}

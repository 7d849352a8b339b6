import { setTimeout as sleep } from 'node:timers/promises'
import { AppsV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { until } from '../../../sandbox/until.ts'
import type { DestinationRule } from '../../../src/core/traffic/types.ts'
import { closeShop, releaseOver } from '../../e2e/harness.ts'
import { ProxiedPrometheus } from '../outage/proxied-prometheus.ts'
import { EDGE, canaryOf, changesOf, observed, routesWritten } from './course.ts'
import type { Observed } from './course.ts'
import { Refusal } from './refusals.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** How long the API server is away (milliseconds). */
const AWAY_MS = 3_000

let sluice: SluiceProcess
let outage: Outage | undefined
const prometheus = new ProxiedPrometheus(workerSandbox().prometheus)
beforeAll(async () => {
  const settings = { SLUICE_PROMETHEUS_URL: await prometheus.start() }
  sluice = await startSluice(workerSandbox(), { settings })
  await sluice.ready()
})
beforeEach(() => prometheus.answer('Plain'))
afterEach(async () => outage?.end())
afterAll(async () => {
  await sluice.stop()
  await prometheus.stop()
})

/** The two ways in which somebody takes a release back. */
const ABORTS = {
  deletion: async ({ shop }: Observed) => shop.deleteRollout(),
  'version back to stable': async ({ shop }: Observed) => shop.patchRollout({ version: 'v1' }),
} as const
type Abort = keyof typeof ABORTS
const BOTH = Object.keys(ABORTS) as Abort[]

/** Waits until the release is over, as far as there still is a Rollout. */
async function over({ shop, ledger }: Observed, abort: Abort): Promise<void> {
  if (abort === 'deletion') {
    const isGone = () => ledger.now('Rollout', shop.namespace, 'reviews') === undefined
    return ledger.until('the Rollout is gone', isGone, 90_000).then(() => undefined)
  }
  const status = await until(async () => releaseOver(shop, 'v2'), 90_000)
  expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'RolledBack' })
  expect(status.history?.[0]?.reason).toContain('ReturnedToStable')
}

/** Nothing of ours gave the canary a weight after the abort, and the DestinationRule came last. */
async function expectLowered(open: Observed): Promise<void> {
  const { shop, edgeNamespace, ledger } = open
  await recorded(open)
  const routes = [
    ledger.now('VirtualService', shop.namespace, 'reviews'),
    ledger.now('VirtualService', edgeNamespace, EDGE),
  ]
  expect(routes.map((object) => canaryOf(object, shop.namespace))).toEqual([0, 0])
  expect(routesWritten(open).toSorted()).toEqual([`${EDGE}: v2 0 %`, 'reviews: v2 0 %'])
  const changes = changesOf(open)
  const pruned = changes.findIndex(({ kind, after }) => kind === 'DestinationRule' && !hasCanary(after))
  const lowered = changes.findLastIndex(({ kind, before, after }) => {
    const [was, is] = [before, after].map((object) => canaryOf(object, shop.namespace))
    return kind === 'VirtualService' && was !== undefined && is !== undefined && was > is
  })
  expect(pruned).toBeGreaterThan(lowered)
  ledger.stop()
  await closeShop(open)
}

/** Waits until the record has come as far as the cluster: kinds are recorded apart, and one may be behind the other. */
async function recorded(open: Observed): Promise<void> {
  const { shop, ledger } = open
  const rule = await shop.destinationRule()
  const routes = [await shop.virtualService(), await virtualService(open)]
  const isRecorded = () =>
    ledger.knows('DestinationRule', rule) &&
    routes.every((route) => route !== undefined && ledger.knows('VirtualService', route))
  await ledger.until('the record has come as far as the objects', isRecorded, 30_000)
}

/** The rule has the subset of v2. */
function hasCanary(rule: object | undefined): boolean {
  const { spec } = rule as DestinationRule
  return spec.subsets?.some(({ labels }) => labels?.['version'] === 'v2') === true
}

describe.concurrent.each(BOTH)('%s', (abort) => {
  const slug = abort === 'deletion' ? 'deleted' : 'back'

  it('while the second VirtualService cannot be written: the first is lowered at once, the subset waits for both', async ({
    onTestFinished,
  }) => {
    const open = await observed(`abort-second-${slug}`)
    const { shop, edgeNamespace, ledger } = open
    const refusal = await Refusal.of(shop, edgeNamespace, EDGE)
    onTestFinished(async () => refusal.lift())
    await ABORTS[abort](open)
    await eventually(
      'the first is lowered',
      async () => canaryOf(ledger.now('VirtualService', shop.namespace, 'reviews'), shop.namespace) === 0,
    )
    const stuck = await shop.status(
      'it is told',
      ({ message }) => message?.includes('could not be written') === true,
    )
    expect(stuck.message).toContain(`VirtualService ${edgeNamespace}/${EDGE}: `)
    expect(stuck.message).toContain('nobody may write this VirtualService just now')
    expect(canaryOf(await virtualService(open), shop.namespace)).toBe(50)
    expect(hasCanary(await shop.destinationRule())).toBe(true)

    await refusal.lift()
    await over(open, abort)
    await expectLowered(open)
  })

  it('while the API server refuses all writes: lowered as soon as it lets us', async ({ onTestFinished }) => {
    const open = await observed(`abort-refused-${slug}`)
    const { shop, edgeNamespace } = open
    const edge = await Refusal.of(shop, edgeNamespace, EDGE)
    const own = await Refusal.of(shop, shop.namespace, 'reviews')
    const lift = async () => Promise.all([edge.lift(), own.lift()])
    onTestFinished(async () => void (await lift()))
    await ABORTS[abort](open)
    await shop.status('it is told', ({ message }) => message?.includes('could not be written') === true)
    expect(routesWritten(open)).toEqual([])
    await lift()
    await over(open, abort)
    await expectLowered(open)
  })

  it('while the pods of the canary are stuck: nobody waits for them', async () => {
    const open = await observed(`abort-stuck-${slug}`, { progressDeadline: '10m' })
    const { shop } = open
    await losePodsForGood(open)
    await shop.status(
      'v2 is awaited',
      ({ release, weight }) => release?.phase === 'Preparing' && weight?.desired === 0,
    )
    await ABORTS[abort](open)
    await over(open, abort)
    await expectLowered(open)
  })
})

/** What concerns all releases at once, one after the other. */
describe.each(BOTH)('%s', (abort) => {
  const slug = abort === 'deletion' ? 'deleted' : 'back'

  it('while the API server is away right after it: lowered when it is back', async () => {
    const open = await observed(`abort-away-${slug}`)
    await ABORTS[abort](open)
    outage = await outageOf(partOf(workerSandbox(), 'kube-apiserver'))
    await sleep(AWAY_MS)
    await outage.end()
    await over(open, abort)
    await expectLowered(open)
  })

  it('while Prometheus accepts and never answers: lowered without it', async () => {
    const open = await observed(`abort-hanging-${slug}`)
    prometheus.answer('Hangs')
    await eventually('a look hangs', async () => prometheus.queries > 0)
    await ABORTS[abort](open)
    await over(open, abort)
    await expectLowered(open)
  })
})

/** All pods of v2 end, and those that come in their place are never ready. */
async function losePodsForGood({ shop }: Observed): Promise<void> {
  const body = { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } }
  const ref = { name: 'reviews-v2', namespace: shop.namespace, body }
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  await shop.config.makeApiClient(AppsV1Api).patchNamespacedDeployment(ref, options)
  await shop.deploy('v2', { START_DELAY_MS: 600_000 })
}

async function virtualService({ shop, edgeNamespace: namespace }: Observed) {
  const ref = {
    group: 'networking.istio.io',
    version: 'v1',
    plural: 'virtualservices',
    namespace,
    name: EDGE,
  }
  return (await shop.custom.getNamespacedCustomObject(ref)) as Parameters<typeof canaryOf>[0]
}

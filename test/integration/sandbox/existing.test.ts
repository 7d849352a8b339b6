import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiextensionsV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { KubernetesListObject, KubernetesObject } from '@kubernetes/client-node'
import { afterAll, afterEach, expect, it } from 'vitest'
import { down } from '../../../sandbox/down.ts'
import { readExisting } from '../../../sandbox/existing/record.ts'
import { upOnExisting } from '../../../sandbox/existing/up.ts'
import type { Brought } from '../../../sandbox/existing/up.ts'
import { Shop, quickSpec } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { foreignErrors, startLoadProcess } from '../../../sandbox/load/index.ts'
import { status } from '../../../sandbox/status.ts'
import { runningProcesses } from '../../../sandbox/supervise/index.ts'
import { silent } from '../../../sandbox/progress.ts'
import { up } from '../../../sandbox/up.ts'
import { unlessMissing } from '../../../src/adapters/kubernetes/client.ts'
import { API_VERSION, GROUP } from '../../../src/api/names.ts'
import { cheapSpec, releaseOver } from '../../e2e/harness.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

// The sandbox of the tests is the cluster that was there before.
const env = workerSandbox()
const { kubeconfig, prometheus } = env
const state = mkdtempSync(join(tmpdir(), 'sluice-existing-'))
const crd = 'rollouts.sluice.dev'
const ROLLOUTS = { group: GROUP, version: API_VERSION, plural: 'rollouts', resourcePlural: 'rollouts' }
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
const demo = `existing-${Date.now().toString(36)}`
const shop = new Shop(env, demo)
const crds = shop.config.makeApiClient(ApiextensionsV1Api)
let sluice: SluiceProcess | undefined

afterEach(async () => {
  await sluice?.stop()
  sluice = undefined
  await down({ state })
})
afterAll(async () => {
  rmSync(state, { recursive: true })
  // Whatever happened here: the other tests need the definitions.
  await up({ state: env.state })
})

async function isThere(): Promise<boolean> {
  return (await unlessMissing(crds.readCustomResourceDefinition({ name: crd }))) !== undefined
}

// What a failed test left must not hold the definition for ever: the Sluice that would let go of it is not there.
async function letGoOfRollouts(): Promise<void> {
  const { items } = (await shop.custom.listCustomObjectForAllNamespaces(
    ROLLOUTS,
  )) as KubernetesListObject<KubernetesObject>
  for (const { metadata: { name = '', namespace = '' } = {} } of items) {
    const body = { metadata: { finalizers: null } }
    await shop.custom.patchNamespacedCustomObject({ ...ROLLOUTS, namespace, name, body }, MERGE)
  }
}

async function dropCrd(): Promise<void> {
  await letGoOfRollouts()
  await crds.deleteCustomResourceDefinition({ name: crd })
  await eventually('the definition is gone', async () => !(await isThere()))
}

/** What "down" says. */
async function downNotes(): Promise<string[]> {
  const notes: string[] = []
  await down({ state, progress: { ...silent, line: (text) => void notes.push(text) } })
  return notes
}

async function runSluice({ settings }: Brought): Promise<SluiceProcess> {
  const { SLUICE_LISTEN: _, ...others } = settings
  const process = await startSluice(env, {
    name: 'sluice-existing',
    settings: { ...others, SLUICE_ENVOY_ADMIN: '', SLUICE_PROPAGATION_WAIT: '2s' },
  })
  await process.ready()
  return process
}

it('Sluice releases the demo on a cluster that was there before, and "down" takes back what was brought', async () => {
  const brought = await upOnExisting({ kubeconfig, prometheus, demo, state })
  expect(brought).toMatchObject({ demo, settings: { SLUICE_PROMETHEUS_URL: prometheus } })
  expect(brought.targets).toBeUndefined()
  expect((await status(state)).parts.map(({ name, state: now }) => [name, now])).toEqual([
    ['temporal', 'healthy'],
  ])
  expect(brought.settings['SLUICE_TEMPORAL_ADDRESS']).not.toBe(env.temporal)

  sluice = await runSluice(brought)
  await shop.podsReady('v1', 2)
  await shop.reachable()
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, ratePerSecond: 60 })
  await shop.status('v1 is stable', ({ stableVersion }) => stableVersion === 'v1')
  await shop.patchRollout(cheapSpec('v2'))
  const { history } = await releaseOver(shop, 'v2')
  expect(history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
  expect(foreignErrors(await load.stop())).toBe(0)

  // Nothing is begun anew, and nobody's release is taken back.
  const before = await shop.rollout()
  await upOnExisting({ kubeconfig, prometheus, demo, state })
  expect((await shop.rollout())?.metadata?.generation).toBe(before?.metadata?.generation)
  expect(await downNotes()).toEqual([])
  expect(await unlessMissing(shop.core.readNamespace({ name: demo }))).toBeUndefined()
  expect(runningProcesses(state)).toEqual([])
  expect(await isThere()).toBe(true)
  expect((await status(env.state)).healthy).toBe(true)
})

it('definitions that it has brought stay as long as somebody has Rollouts', async () => {
  await dropCrd()
  await upOnExisting({ kubeconfig, prometheus, state })
  expect(readExisting(state)?.crds).toEqual([crd])
  const other = new Shop(env, `${demo}-other`)
  await other.core.createNamespace({ body: { metadata: { name: other.namespace } } })
  await other.applyRollout(quickSpec('v1'))
  expect(await downNotes()).toEqual([`${crd} stays: the cluster has 1 of them`])
  expect(await isThere()).toBe(true)

  await dropCrd()
  await other.close()
  await upOnExisting({ kubeconfig, prometheus, state })
  expect(await downNotes()).toEqual([])
  await eventually('the definition is gone', async () => !(await isThere()))
})

it('without a Prometheus it starts one, and a namespace that is there already is left alone', async () => {
  await up({ state: env.state })
  const taken = upOnExisting({ kubeconfig, demo: 'shop', state })
  await expect(taken).rejects.toThrow('the namespace shop is there already: name another one for the demo')
  expect((await status(state)).parts.map(({ name, state: now }) => [name, now])).toEqual([
    ['prometheus', 'healthy'],
    ['temporal', 'healthy'],
  ])
  await expect(up({ state })).rejects.toThrow('is for an existing cluster')
  await expect(upOnExisting({ kubeconfig, state: env.state })).rejects.toThrow(
    'has a sandbox with a cluster of its own',
  )
  await down({ state })
  expect((await unlessMissing(shop.core.readNamespace({ name: 'shop' })))?.metadata?.name).toBe('shop')
})

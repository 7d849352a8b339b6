import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inhabitants } from '../../../bench/sweep/population.ts'
import type { Inhabitant, Population } from '../../../bench/sweep/population.ts'
import { differences, snapshot } from '../../../bench/sweep/snapshot.ts'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'
import { sweepActivities } from '../../../src/activities/faults/sweep.ts'
import { istioMaking, istioMesh } from '../../../src/adapters/istio/mesh.ts'
import { cachesOf, startCaches, stopCaches, whenSynced } from '../../../src/adapters/kubernetes/caches.ts'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { meshEvents } from '../../../src/adapters/kubernetes/events.ts'
import { rolloutStore } from '../../../src/adapters/kubernetes/rollouts.ts'
import { workloadsOf } from '../../../src/adapters/kubernetes/workloads.ts'
import { FakeSweepReporter } from '../../fakes/sweep-reporter.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const POPULATION: Population = { plain: 75, stale: 6, overdue: 4, young: 5, kept: 5, running: 5 }
/** Those that are to go are there for so long when the sweep comes (milliseconds). */
const AFTER_MS = 3_000

const log = pino({ level: 'silent' })
const namespace = `sweep-${randomUUID().slice(0, 8)}`
let client: KubernetesClient
let caches: Caches

beforeAll(async () => {
  client = kubernetesClient(workerSandbox().kubeconfig)
  caches = cachesOf(client, log)
  await client.core.createNamespace({ body: { metadata: { name: namespace } } })
  await startCaches(caches)
  await whenSynced(caches)
})

afterAll(async () => {
  await stopCaches(caches)
  await client.core.deleteNamespace({ name: namespace })
})

async function populate(what: Inhabitant): Promise<void> {
  await applyObjects(client.config, inhabitants(what, POPULATION[what], namespace))
}

/** What a worker has, but only of this namespace: others have tests of their own. */
function ports(sweeps: FakeSweepReporter, now: number) {
  const mesh = istioMesh(client, caches)
  return {
    mesh: {
      ...mesh,
      virtualServices: () => caches.virtualServices.list(namespace),
      destinationRules: () => caches.destinationRules.list(namespace),
    },
    workloads: workloadsOf(caches),
    store: rolloutStore(client, caches, log),
    clock: { now: () => now },
    making: istioMaking(client),
    events: meshEvents(client, log),
    sweeps,
  }
}

async function eventsOf(name: string) {
  const { items } = await client.core.listNamespacedEvent({ namespace })
  return items.filter(({ involvedObject }) => involvedObject.name === name)
}

it('a sweep takes out all faults that should be gone, and only these; a second one writes nothing', async () => {
  for (const what of ['stale', 'overdue', 'running', 'kept', 'plain'] as const) await populate(what)
  const grown = Date.now() + AFTER_MS + 1_000
  // Managed fields tell whole seconds.
  await eventually('the first ones are old enough', async () => Date.now() > grown)
  // However slow the machine is: it is as if the sweep came now.
  const now = Date.now()
  await populate('young')
  const before = await snapshot(client, [namespace])
  await eventually('the caches have all', async () => caches.virtualServices.list(namespace).length === 100)
  const sweeps = new FakeSweepReporter()
  const { sweep } = sweepActivities(ports(sweeps, now), { foreignFaults: 'Remove', afterMs: AFTER_MS })
  const memory = await sweep(undefined)
  const after = await snapshot(client, [namespace])
  const { wrong, written } = differences(before, after)
  expect(wrong).toEqual([])
  expect(written).toHaveLength(POPULATION.stale + POPULATION.overdue)
  expect(Object.keys(memory)).toHaveLength(POPULATION.young)
  expect(sweeps.summaries).toMatchObject([{ virtualServices: 100, removed: 10, failed: 0 }])
  const [told] = await eventsOf('young-0')
  expect(told).toMatchObject({ reason: 'StaleFault', type: 'Warning', source: { component: 'sluice' } })
  expect(told?.message).toMatch(/delay 50 % by 7s, set by sluice-sandbox less than a minute ago/)
  expect(await eventsOf('kept-0')).toEqual([])
  await eventually('the caches have it', async () =>
    [...after.values()].every(
      ({ metadata }) =>
        caches.virtualServices.list(namespace).find((one) => one.metadata.name === metadata.name)?.metadata
          .resourceVersion === metadata.resourceVersion,
    ),
  )
  const report = sweepActivities(ports(sweeps, now), { foreignFaults: 'Report', afterMs: AFTER_MS })
  expect(Object.keys(await report.sweep(memory))).toHaveLength(POPULATION.young)
  expect(differences(after, await snapshot(client, [namespace])).written).toEqual([])
  expect(sweeps.summaries.at(-1)).toMatchObject({ removed: 0, failed: 0 })
})

const young = Array.from({ length: POPULATION.young }, (_, index) => `young-${index}`)

/** Names of the VirtualServices of this namespace that have a fault with an age. */
async function aged({ url }: SluiceProcess): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const series = text.split('\n').filter((line) => line.startsWith('sluice_stale_fault_age_seconds{'))
  return series
    .filter((line) => line.includes(`namespace="${namespace}"`))
    .flatMap((line) => /virtual_service="([^"]+)"/.exec(line)?.[1] ?? [])
}

it('without Temporal Sluice tells ages and stops at once; as soon as it answers the mesh is swept', async () => {
  const env = workerSandbox()
  const outage = await outageOf(partOf(env, 'temporal'))
  const options = { name: namespace, settings: { SLUICE_ROLES: 'worker,server' } }
  const logged = (text: string) => async () => readFileSync(sluice.logFile, 'utf8').includes(text)
  let sluice = await startSluice(env, options)
  try {
    await eventually('the sweep waits', logged('the sweep cannot be scheduled, trying again'))
    expect((await aged(sluice)).toSorted((a, b) => a.localeCompare(b))).toEqual(young)
    await sluice.stop()
    await eventually('it has stopped in order', logged('sluice stopped'), 1)
    sluice = await startSluice(env, options)
    await outage.end()
    await eventually('the mesh is swept', logged('"msg":"swept"'))
    await sluice.ready()
  } finally {
    await outage.end()
    await sluice.stop()
  }
})

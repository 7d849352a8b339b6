import { FakeMetricQueries } from '../fakes/metric-queries.ts'
import { FakeNamedPrometheus } from '../fakes/named-prometheus.ts'
import { FakeSecrets } from '../fakes/secrets.ts'
import { FakeProber } from '../fakes/prober.ts'
import { FakeWebMetrics } from '../fakes/web-metrics.ts'
import { MockActivityEnvironment } from '@temporalio/testing'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { actingActivities } from '../../src/activities/index.ts'
import { istioMaking, istioMesh } from '../../src/adapters/istio/mesh.ts'
import { cachesOf, startCaches, stopCaches } from '../../src/adapters/kubernetes/caches.ts'
import type { Caches } from '../../src/adapters/kubernetes/caches.ts'
import { changesOf } from '../../src/adapters/kubernetes/changes.ts'
import { kubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { rolloutStore } from '../../src/adapters/kubernetes/rollouts.ts'
import { scalingOf } from '../../src/adapters/kubernetes/scaling.ts'
import { meshScope } from '../../src/adapters/kubernetes/scope.ts'
import { workloadsOf } from '../../src/adapters/kubernetes/workloads.ts'
import { prometheusSource } from '../../src/adapters/prometheus/source.ts'
import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { workflowId } from '../../src/api/names.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { Ports } from '../../src/ports.ts'
import { closeShop, meshOf, openShop, release, releaseOver } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
let caches: Caches
let ports: Ports
const log = pino({ level: 'silent' })

beforeAll(async () => {
  const env = workerSandbox()
  sluice = await startSluice(env)
  await sluice.ready()
  const client = kubernetesClient(env.kubeconfig)
  caches = cachesOf(client, log)
  await startCaches(caches)
  ports = {
    mesh: istioMesh(client, caches),
    making: istioMaking(client),
    scope: meshScope(caches),
    workloads: workloadsOf(caches),
    scaling: scalingOf(client, caches),
    changes: changesOf(caches),
    propagation: { name: 'None', look: async () => ({ proxies: [] }) },
    metrics: prometheusSource(env.prometheus),
    queries: new FakeMetricQueries(),
    named: new FakeNamedPrometheus(),
    web: new FakeWebMetrics(),
    prober: new FakeProber(),
    templates: { spec: () => undefined },
    secrets: new FakeSecrets(),
    store: rolloutStore(client, caches, log),
    clock: { now: () => Date.now() },
    reporter: { moved: () => {}, judged: () => {}, unwatched: () => {}, lowered: () => {} },
    limits: { faultMaxDurationMs: 600_000, faultMaxPercent: 0 },
  }
})

afterAll(async () => {
  await stopCaches(caches)
  await sluice.stop()
})

/** The state of the release, from its workflow. */
async function stateOf(namespace: string): Promise<ReleaseState> {
  const client = temporalClient({ address: workerSandbox().temporal, namespace: 'default' })
  try {
    const handle = client.workflow.getHandle(workflowId('default', { namespace, name: 'reviews' }))
    return await handle.query<ReleaseState>('state')
  } finally {
    await client.connection.close()
  }
}

/** An old worker at the raise to 20 %: it has read and rendered, and its write hangs at the last moment. */
function delayedRaise(state: ReleaseState): {
  readonly result: Promise<ResultEvent>
  held: Promise<void>
  letGo(): void
} {
  const held = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const zombie: Ports = {
    ...ports,
    // Its status stood in the cluster before; only the write to the VirtualService is late.
    store: { ...ports.store, updateStatus: async () => {}, record: async () => {} },
    mesh: {
      ...ports.mesh,
      write: async (object) => {
        held.resolve()
        await gate.promise
        await ports.mesh.write(object)
      },
    },
  }
  const environment = new MockActivityEnvironment()
  const { raise } = actingActivities(zombie)
  const result = environment.run<[ReleaseState], ResultEvent, typeof raise>(raise, state)
  return { result, held: held.promise, letGo: () => gate.resolve() }
}

describe('a worker that was taken for dead', () => {
  it('changes nothing with its delayed raise to 20 %, after the release was rolled back', async () => {
    const steps = [
      { weight: 5, hold: '8s' },
      { weight: 20, hold: '10m' },
      { weight: 100, hold: '1s' },
    ]
    const open = await openShop('zombie', { steps })
    const { shop } = open
    const before = await meshOf(shop)
    await release(shop, 'v2')
    await shop.status('5 %', (status) => hasWeight(status, 5))
    const atFive = await stateOf(shop.namespace)
    const raising: ReleaseState = { ...atFive, phase: 'Raising', step: 1, seq: atFive.seq + 1 }
    const zombie = delayedRaise(raising)
    await zombie.held

    await shop.status('20 %', (status) => hasWeight(status, 20))
    expect((await stateOf(shop.namespace)).weightSeq).toBe(raising.seq)
    await shop.patchRollout({ version: 'v1' })
    await releaseOver(shop, 'v2')
    const cleaned = await meshOf(shop)

    zombie.letGo()
    expect((await zombie.result).type).toBe('Overtaken')
    expect(await meshOf(shop)).toEqual(cleaned)
    expect(remainsOf(before, cleaned, 'v1')).toEqual([])
    await closeShop(open)
  })
})

import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import type { PartName } from '../../../sandbox/parts/part.ts'
import { status } from '../../../sandbox/status.ts'
import { temporalClient } from '../../../src/adapters/temporal/connection.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const config = new KubeConfig()
config.loadFromFile(env.kubeconfig)
const core = config.makeApiClient(CoreV1Api)
const name = `killed-${Date.now().toString(36)}`
const keptAt = Date.now() / 1000
let outage: Outage | undefined

beforeAll(async () => {
  await core.createNamespace({ body: { metadata: { name } } })
  await inTemporal((client) => client.workflow.start('nobody-runs-it', { taskQueue: name, workflowId: name }))
  await eventually('Prometheus has a sample', async () => (await samples(keptAt + 1)) > 0)
})
afterAll(async () => {
  await outage?.end()
  await inTemporal((client) => client.workflow.getHandle(name).terminate())
  await core.deleteNamespace({ name })
})

async function inTemporal<T>(work: (client: ReturnType<typeof temporalClient>) => Promise<T>): Promise<T> {
  const client = temporalClient({ address: env.temporal, namespace: 'default' })
  try {
    return await work(client)
  } finally {
    await client.connection.close()
  }
}

/** How many targets had been scraped by then; seconds since the epoch. */
async function samples(at: number): Promise<number> {
  const query = new URLSearchParams({ query: 'up', time: String(at) })
  const answer = await fetch(`${env.prometheus}/api/v1/query?${query.toString()}`)
  return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length
}

/** Whether what was there before the kill is there now. */
const isKept: Partial<Record<PartName, () => Promise<boolean>>> = {
  etcd: async () => (await core.readNamespace({ name })).metadata?.name === name,
  temporal: async () =>
    inTemporal(async (client) => {
      const { status: state } = await client.workflow.getHandle(name).describe()
      return state.name === 'RUNNING'
    }),
  prometheus: async () => (await samples(keptAt + 1)) > 0,
}

const parts: PartName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'istiod',
  'gateway',
  'prometheus',
  'temporal',
]

it.each(parts)('%s that was killed is back where it was, with its data', async (part) => {
  const shown = async () => (await status(env.state)).parts.find((one) => one.name === part)
  const before = await shown()
  outage = await outageOf(partOf(env, part))
  expect(await shown()).toEqual({ name: part, state: 'stopped', endpoint: before?.endpoint })
  await outage.end()
  expect(await shown()).toMatchObject({ state: 'healthy', endpoint: before?.endpoint })
  await eventually('all parts are healthy again', async () => (await status(env.state)).healthy)
  expect(await (isKept[part]?.() ?? true)).toBe(true)
})

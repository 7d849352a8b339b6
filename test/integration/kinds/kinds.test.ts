import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cachesOf, startCaches, stopCaches, whenSynced } from '../../../src/adapters/kubernetes/caches.ts'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { unreadyCaches } from '../../../src/adapters/kubernetes/health.ts'
import { scalingOf } from '../../../src/adapters/kubernetes/scaling.ts'
import { workloadsOf } from '../../../src/adapters/kubernetes/workloads.ts'
import type { Scaling, WorkloadView, Workloads } from '../../../src/ports.ts'
import { connect } from '../../mesh/cluster.ts'
import type { ClusterAnswer, ClusterRequest } from '../../mesh/cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** A kind of workload that is installed while Sluice runs. */
const group = `g${randomUUID().slice(0, 8)}.example.com`
const CREWS = `/apis/${group}/v1/namespaces/default/crews`
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
/** Longer than the time after which a kind that was lacking is looked for again (milliseconds). */
const PATIENCE = { timeout: 60_000, interval: 100 }

const { kubeconfig } = workerSandbox()
const ask = connect(kubeconfig)
const warnings: string[] = []
let caches: Caches
let workloads: Workloads
let scaling: Scaling

beforeAll(async () => {
  const write = (line: string) => void warnings.push(line)
  const client = kubernetesClient(kubeconfig)
  caches = cachesOf(client, pino({ level: 'warn' }, { write }), [`crews.v1.${group}`])
  workloads = workloadsOf(caches)
  scaling = scalingOf(client, caches)
  await startCaches(caches)
})

afterAll(async () => {
  await stopCaches(caches)
  await must({ method: 'DELETE', path: `${DEFINITIONS}/crews.${group}` })
})

describe('a kind of workload that is named in the settings', () => {
  it('is told while the cluster lacks it, and holds nothing up', async () => {
    await whenSynced(caches)
    expect(unreadyCaches(caches)).toEqual([])
    expect(warnings.join('\n')).toContain('the cluster does not know this kind: install its CRD')
    expect(warnings).toHaveLength(1)
  })

  it('is found by its pods once it is installed, and scaled', async () => {
    await must({ method: 'POST', path: DEFINITIONS, body: definition() })
    await vi.waitFor(async () => must({ method: 'POST', path: CREWS, body: crew('first', 'v1') }), PATIENCE)
    const view = await crewOf('v1')
    expect(view).toMatchObject({ kind: 'Crew', resource: `crews.${group}`, name: 'first', replicas: 1 })
    expect(await scaling.scale(view, (now) => now + 2)).toEqual({ from: 1, to: 3 })
    const scaled = await crewOf('v1', ({ replicas }) => replicas === 3)
    expect(scaled.templateHash).toBe(view.templateHash)
    expect(await scaling.scale(view, () => 0)).toEqual({ from: 3, to: 0 })
  })

  it('is none without a pod template', async () => {
    const bare = { ...crew('bare', 'v2'), spec: { replicas: 1 } }
    await must({ method: 'POST', path: CREWS, body: bare })
    await must({ method: 'POST', path: CREWS, body: crew('second', 'v2') })
    expect(await crewOf('v2')).toMatchObject({ name: 'second' })
    expect(workloads.workloads('default', { crew: group })).toHaveLength(2)
  })

  it('is removed by its own name', async () => {
    await scaling.remove(await crewOf('v1'))
    await vi.waitFor(
      () => expect(workloads.workloads('default', { crew: group, version: 'v1' })).toEqual([]),
      PATIENCE,
    )
  })
})

async function crewOf(
  version: string,
  holds: (view: WorkloadView) => boolean = () => true,
): Promise<WorkloadView> {
  return vi.waitFor(() => {
    const view = workloads.workloads('default', { crew: group, version }).find(holds)
    if (view === undefined) throw new Error(`no crew of ${version} as expected`)
    return view
  }, PATIENCE)
}

async function must(request: ClusterRequest): Promise<ClusterAnswer> {
  const answer = await ask(request)
  if (answer.status >= 300) throw new Error(`the API server answered ${answer.status}`)
  return answer
}

function crew(name: string, version: string) {
  const template = { metadata: { labels: { crew: group, version } } }
  return { apiVersion: `${group}/v1`, kind: 'Crew', metadata: { name }, spec: { replicas: 1, template } }
}

function definition() {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const spec = { ...open, properties: { replicas: { type: 'integer' } } }
  const openAPIV3Schema = { type: 'object', properties: { spec, status: open } }
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema },
    subresources: { scale },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `crews.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'crews', kind: 'Crew' }, versions: [version] },
  }
}

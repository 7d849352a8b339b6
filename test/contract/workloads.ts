import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { WorkloadView, Workloads } from '../../src/ports.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster, Manifest } from './cluster.ts'

/** What runs in a cluster, and the cluster. */
export interface WorkloadsSubject {
  readonly workloads: Workloads
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const READY = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-02T03:04:05Z' }]
const CRASHED = { exitCode: 1, reason: 'Error' }
const CONTAINER = { name: 'app', image: 'example.com/app', imageID: '', ready: false, restartCount: 1 }

const APP = { name: 'app', image: 'example.com/app' }
const PROXY = { name: 'istio-proxy', image: 'example.com/proxy' }

/** What every implementation of the port Workloads does. */
export function workloadsContract(name: string, open: () => Promise<WorkloadsSubject>): void {
  describe(`workloads (${name})`, () => {
    let subject: WorkloadsSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('has Services with what they select', async () => {
      await subject.cluster.create(service('reviews', { app: 'reviews' }))
      await subject.cluster.create(service('elsewhere', undefined))
      const { namespace } = subject.cluster
      const look = (named: string) => subject.workloads.service({ namespace, name: named })
      await vi.waitFor(() => expect(look('reviews')?.selector).toEqual({ app: 'reviews' }), PATIENCE)
      await vi.waitFor(() => expect(look('elsewhere')?.selector).toEqual({}), PATIENCE)
      expect(look('missing')).toBeUndefined()
    })

    it.each([
      ['ready', { phase: 'Running', conditions: READY }, { ready: true, crashing: false }],
      ['starting', { phase: 'Pending' }, { ready: false, crashing: false }],
      [
        'crashed and waits',
        {
          phase: 'Running',
          containerStatuses: [
            {
              ...CONTAINER,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: CRASHED },
            },
          ],
        },
        { ready: false, crashing: true },
      ],
      ['failed', { phase: 'Failed' }, { ready: false, crashing: true }],
    ])('tells a pod that is %s', async (state, status, expected) => {
      const label = state.split(' ')[0] ?? ''
      await subject.cluster.create(pod(`pod-${label}`, { state: label }))
      await subject.cluster.setStatus('Pod', `pod-${label}`, status)
      const views = () => subject.workloads.pods(subject.cluster.namespace, { state: label })
      await vi.waitFor(() => expect(views()).toMatchObject([{ ...expected, terminating: false }]), PATIENCE)
    })

    it.each([
      ['none', {}, {}, false],
      ['one that was injected', { annotations: { 'sidecar.istio.io/status': '{}' } }, {}, true],
      ['one of its containers', {}, { containers: [PROXY, APP] }, true],
      ['a native sidecar', {}, { initContainers: [{ ...PROXY, restartPolicy: 'Always' }] }, true],
    ])('tells that a pod has a proxy of the mesh: %s', async (which, traces, spec, hasSidecar) => {
      const label = which.replaceAll(' ', '-')
      const object = pod(`proxy-${label}`, { proxy: label })
      await subject.cluster.create({
        ...object,
        metadata: { ...object.metadata, ...traces },
        spec: { ...(object['spec'] as object), ...spec },
      })
      const views = () => subject.workloads.pods(subject.cluster.namespace, { proxy: label })
      await vi.waitFor(() => expect(views()).toMatchObject([{ hasSidecar }]), PATIENCE)
    })

    it('tells a pod that is being deleted', async () => {
      await subject.cluster.create(pod('pod-leaving', { state: 'leaving' }, ['example.com/hold']))
      await subject.cluster.remove('Pod', 'pod-leaving')
      const views = () => subject.workloads.pods(subject.cluster.namespace, { state: 'leaving' })
      await vi.waitFor(() => expect(views()).toMatchObject([{ terminating: true }]), PATIENCE)
      await subject.cluster.change('Pod', 'pod-leaving', withoutFinalizers)
      await vi.waitFor(() => expect(views()).toEqual([]), PATIENCE)
    })

    it('selects pods that have all labels, and none by an empty selector', async () => {
      await subject.cluster.create(pod('selected', { app: 'one', version: 'v1' }))
      const names = (selector: Record<string, string>) =>
        subject.workloads.pods(subject.cluster.namespace, selector).map((view) => view.name)
      await vi.waitFor(() => expect(names({ app: 'one', version: 'v1' })).toEqual(['selected']), PATIENCE)
      expect(names({ app: 'one', version: 'v2' })).toEqual([])
      expect(names({})).toEqual([])
      expect(subject.workloads.pods('another-namespace', { app: 'one' })).toEqual([])
    })

    it.each(['Deployment', 'StatefulSet'] as const)('finds a %s by the labels of its pods', async (kind) => {
      const version = kind.toLowerCase()
      await subject.cluster.create(workload(kind, `found-${version}`, version))
      const view = await eventually({ app: 'two', version })
      expect(view).toMatchObject({ kind, name: `found-${version}`, replicas: 0, labels: { team: 'shop' } })
      expect(view.resource).toBe(`${kind.toLowerCase()}s.apps`)
      expect(view.podLabels).toMatchObject({ app: 'two', version })
      expect(view.selector).toEqual({ matchLabels: { app: 'two', version }, matchExpressions: [] })
    })

    it('tells templates apart, and not by replicas', async () => {
      await subject.cluster.create(workload('Deployment', 'changing', 'changing'))
      const before = await eventually({ version: 'changing' })
      await subject.cluster.change('Deployment', 'changing', (object) => withReplicas(object, 1))
      const scaled = await eventually({ version: 'changing' }, (view) => view.replicas === 1)
      expect(scaled.templateHash).toBe(before.templateHash)
      await subject.cluster.change('Deployment', 'changing', withAnotherTemplate)
      await eventually({ version: 'changing' }, (view) => view.templateHash !== before.templateHash)
    })

    it('counts no replicas of a kind that has none', async () => {
      await subject.cluster.create(workload('DaemonSet', 'everywhere', 'everywhere'))
      const view = await eventually({ version: 'everywhere' })
      expect(view).toMatchObject({ kind: 'DaemonSet', resource: 'daemonsets.apps' })
      expect(view).not.toHaveProperty('replicas')
    })

    it.each([
      ['nobody', {}, undefined],
      ['Helm', { annotations: { 'meta.helm.sh/release-name': 'shop' } }, 'Helm'],
      ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }, 'Flux'],
    ])('tells a workload that %s keeps', async (who, traces, trackedBy) => {
      const version = who.toLowerCase()
      const object = workload('Deployment', `kept-${version}`, version)
      await subject.cluster.create({ ...object, metadata: { ...object.metadata, ...traces } })
      expect((await eventually({ version })).trackedBy).toBe(trackedBy)
    })

    async function eventually(
      selector: Record<string, string>,
      holds: (view: WorkloadView) => boolean = () => true,
    ): Promise<WorkloadView> {
      return vi.waitFor(() => {
        const view = subject.workloads.workloads(subject.cluster.namespace, selector).find(holds)
        if (view === undefined) throw new Error(`no workload with ${JSON.stringify(selector)} as expected`)
        return view
      }, PATIENCE)
    }

    function service(object: string, selector: Record<string, string> | undefined): Manifest {
      const spec = { ports: [{ port: 80 }], ...(selector && { selector }) }
      return { apiVersion: 'v1', kind: 'Service', metadata: metadata(object), spec }
    }

    function pod(object: string, labels: Record<string, string>, finalizers: string[] = []): Manifest {
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata(object), labels, finalizers },
        // A scheduler that does not exist: nobody starts it.
        spec: { containers: [{ name: 'app', image: 'example.com/app' }], schedulerName: 'nobody' },
      }
    }

    function workload(kind: WorkloadView['kind'], object: string, version: string): Manifest {
      const labels = { app: 'two', version }
      const template = {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'example.com/app' }], schedulerName: 'nobody' },
      }
      const spec = { replicas: 0, selector: { matchLabels: labels }, serviceName: 'two', template }
      const { serviceName: _only, ...deployment } = spec
      const { replicas: _none, ...daemonSet } = deployment
      const specs: Record<string, object> = { StatefulSet: spec, DaemonSet: daemonSet }
      return { apiVersion: 'apps/v1', kind, metadata: metadata(object), spec: specs[kind] ?? deployment }
    }

    function metadata(object: string) {
      return { name: object, namespace: subject.cluster.namespace, labels: { team: 'shop' } }
    }
  })
}

interface WorkloadSpec {
  readonly replicas: number
  readonly template: { readonly metadata: object }
}

function specOf(object: Manifest | undefined): WorkloadSpec | undefined {
  return object?.['spec'] as WorkloadSpec | undefined
}

function withReplicas(object: Manifest, replicas: number): Manifest {
  return { ...object, spec: { ...specOf(object), replicas } }
}

function withAnotherTemplate(object: Manifest): Manifest {
  const { template } = specOf(object) ?? {}
  const metadata = { ...template?.metadata, annotations: { restarted: 'now' } }
  return { ...object, spec: { ...specOf(object), template: { ...template, metadata } } }
}

function withoutFinalizers(object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, finalizers: [] } }
}

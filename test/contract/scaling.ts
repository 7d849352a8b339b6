import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { HELD_ANNOTATION } from '../../src/api/names.ts'
import { giveBackFloor, holdFloor } from '../../src/core/policy/floors.ts'
import type { AutoscalerView } from '../../src/core/policy/floors.ts'
import type { Scaling, WorkloadView, Workloads } from '../../src/ports.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster, Manifest } from './cluster.ts'

/** Sizes of what runs in a cluster, and the cluster. */
export interface ScalingSubject {
  readonly workloads: Workloads
  readonly scaling: Scaling
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const KINDS = ['Deployment', 'StatefulSet'] as const
const WRITER = { rollout: 'shop/reviews', uid: 'uid-1', release: 'v2-a-1', seq: 3 }

/** What every implementation of the port Scaling does. */
export function scalingContract(name: string, open: () => Promise<ScalingSubject>): void {
  describe(`scaling (${name})`, () => {
    let subject: ScalingSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    describe.each(KINDS)('the size of a %s', (kind) => {
      const named = (what: string) => `${what}-${kind.toLowerCase()}`

      it('is written, and told as it changed', async () => {
        const view = await deploy(kind, named('written'), 2)
        expect(await subject.scaling.scale(view, (now) => now + 1)).toEqual({ from: 2, to: 3 })
        expect(await replicasOf(kind, named('written'))).toBe(3)
      })

      it('is left where nothing else is wanted', async () => {
        const view = await deploy(kind, named('left'), 2)
        expect(await subject.scaling.scale(view, () => undefined)).toBeUndefined()
        expect(await subject.scaling.scale(view, (now) => now)).toBeUndefined()
        expect(await replicasOf(kind, named('left'))).toBe(2)
      })

      it('is made of what is there, not of what was seen before', async () => {
        const view = await deploy(kind, named('seen'), 1)
        await subject.cluster.change(kind, named('seen'), (object) => withReplicas(object, 5))
        const raise = (now: number) => (now < 3 ? 3 : undefined)
        expect(await subject.scaling.scale(view, raise)).toBeUndefined()
        expect(await subject.scaling.scale(view, (now) => now + 1)).toEqual({ from: 5, to: 6 })
        expect(await replicasOf(kind, named('seen'))).toBe(6)
      })

      it('leaves the template as it is', async () => {
        const view = await deploy(kind, named('kept'), 1)
        await subject.scaling.scale(view, () => 0)
        const scaled = await workload(named('kept'), ({ replicas }) => replicas === 0)
        expect(scaled.templateHash).toBe(view.templateHash)
      })
    })

    it('counts a workload that is gone as scaled', async () => {
      const view = await deploy('Deployment', 'gone', 1)
      await subject.cluster.remove('Deployment', 'gone')
      await expect(subject.scaling.scale(view, () => 0)).resolves.toBeUndefined()
    })

    it('leaves a kind without replicas as it is', async () => {
      const { replicas: _none, ...view } = await deploy('Deployment', 'without', 1)
      expect(await subject.scaling.scale(view, () => 0)).toBeUndefined()
      expect(await replicasOf('Deployment', 'without')).toBe(1)
    })

    it('removes this very workload, also twice', async () => {
      const view = await deploy('Deployment', 'removed', 0)
      await subject.scaling.remove({ ...view, uid: '00000000-0000-0000-0000-000000000000' })
      expect(await subject.cluster.read('Deployment', 'removed')).toBeDefined()
      for (const _ of [1, 2]) await subject.scaling.remove(view)
      await vi.waitFor(
        async () => expect(await subject.cluster.read('Deployment', 'removed')).toBeUndefined(),
        PATIENCE,
      )
    })

    it('has autoscalers with what they scale, and how far', async () => {
      await subject.cluster.create(autoscaler('told', { minReplicas: 2, maxReplicas: 5 }))
      const expected = {
        namespace: subject.cluster.namespace,
        name: 'told',
        target: { group: 'apps', kind: 'Deployment', name: 'told' },
        minReplicas: 2,
        maxReplicas: 5,
      }
      expect(await autoscalerNamed('told')).toEqual(expected)
      expect(subject.scaling.autoscalers()).toContainEqual(expected)
      expect(subject.scaling.autoscalers('another-namespace')).toEqual([])
    })

    it('writes a floor and who holds it at once, and takes both back', async () => {
      await subject.cluster.create(autoscaler('held', { minReplicas: 1, maxReplicas: 9 }))
      const before = await subject.cluster.read('HorizontalPodAutoscaler', 'held')
      const seen = await autoscalerNamed('held')
      const hold = { ...WRITER, original: 1, floor: 4 }
      expect(await subject.scaling.setFloor(seen, holdFloor(WRITER, 4))).toMatchObject({
        from: { minReplicas: 1 },
        to: { minReplicas: 4, hold },
      })
      expect(await autoscalerNamed('held', (view) => view.hold !== undefined)).toMatchObject({
        minReplicas: 4,
        hold,
      })
      const held = await subject.cluster.read('HorizontalPodAutoscaler', 'held')
      expect(annotationsOf(held)).toEqual({ note: 'keep', [HELD_ANNOTATION]: expect.any(String) })
      await subject.scaling.setFloor(seen, giveBackFloor(WRITER))
      const after = await subject.cluster.read('HorizontalPodAutoscaler', 'held')
      expect(annotationsOf(after)).toEqual({ note: 'keep' })
      expect(after?.['spec']).toEqual(before?.['spec'])
    })

    it('knows its own write of a floor at once', async () => {
      await subject.cluster.create(autoscaler('own', { minReplicas: 1, maxReplicas: 9 }))
      await subject.scaling.setFloor(await autoscalerNamed('own'), holdFloor(WRITER, 4))
      const view = subject.scaling.autoscalers(subject.cluster.namespace).find((one) => one.name === 'own')
      expect(view?.minReplicas).toBe(4)
    })

    it('makes a floor of what is there, not of what was seen before', async () => {
      await subject.cluster.create(autoscaler('moved', { minReplicas: 1, maxReplicas: 9 }))
      const seen = await autoscalerNamed('moved')
      await subject.cluster.change('HorizontalPodAutoscaler', 'moved', (object) => ({
        ...object,
        spec: { ...(object['spec'] as object), minReplicas: 3 },
      }))
      await subject.scaling.setFloor(seen, holdFloor(WRITER, 4))
      expect((await autoscalerNamed('moved', ({ hold }) => hold !== undefined)).hold?.original).toBe(3)
    })

    it('counts an autoscaler that is gone as written', async () => {
      await subject.cluster.create(autoscaler('vanished', { minReplicas: 1, maxReplicas: 9 }))
      const seen = await autoscalerNamed('vanished')
      await subject.cluster.remove('HorizontalPodAutoscaler', 'vanished')
      expect(await subject.scaling.setFloor(seen, holdFloor(WRITER, 4))).toBeUndefined()
    })

    it('has budgets with what they select', async () => {
      const selector = {
        matchLabels: { app: 'one' },
        matchExpressions: [{ key: 'version', operator: 'In', values: ['v1'] }],
      }
      await subject.cluster.create(budget('share', { selector, maxUnavailable: '25%' }))
      await subject.cluster.create(
        budget('number', { selector: { matchLabels: { app: 'one' } }, minAvailable: 2 }),
      )
      const budgets = () => subject.scaling.budgets(subject.cluster.namespace)
      await vi.waitFor(() => expect(budgets()).toHaveLength(2), PATIENCE)
      expect(budgets()).toContainEqual({ name: 'share', ...selector, maxUnavailable: '25%' })
      expect(budgets()).toContainEqual({
        name: 'number',
        matchLabels: { app: 'one' },
        matchExpressions: [],
        minAvailable: 2,
      })
    })

    async function deploy(
      kind: (typeof KINDS)[number],
      object: string,
      replicas: number,
    ): Promise<WorkloadView> {
      const labels = { size: object }
      const spec = { containers: [{ name: 'app', image: 'example.com/app' }], schedulerName: 'nobody' }
      await subject.cluster.create({
        apiVersion: 'apps/v1',
        kind,
        metadata: metadata(object),
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec },
          ...(kind === 'StatefulSet' && { serviceName: 'two' }),
        },
      })
      return workload(object)
    }

    async function workload(
      object: string,
      holds: (view: WorkloadView) => boolean = () => true,
    ): Promise<WorkloadView> {
      return vi.waitFor(() => {
        const views = subject.workloads.workloads(subject.cluster.namespace, { size: object })
        const view = views.find(holds)
        if (view === undefined) throw new Error(`no workload ${object} as expected`)
        return view
      }, PATIENCE)
    }

    async function autoscalerNamed(
      object: string,
      holds: (view: AutoscalerView) => boolean = () => true,
    ): Promise<AutoscalerView> {
      return vi.waitFor(() => {
        const views = subject.scaling.autoscalers(subject.cluster.namespace)
        const view = views.find((one) => one.name === object && holds(one))
        if (view === undefined) throw new Error(`no autoscaler ${object} as expected`)
        return view
      }, PATIENCE)
    }

    async function replicasOf(kind: string, object: string): Promise<unknown> {
      const found = await subject.cluster.read(kind, object)
      return (found?.['spec'] as { replicas?: number } | undefined)?.replicas
    }

    function autoscaler(object: string, size: { minReplicas: number; maxReplicas: number }): Manifest {
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: object }
      const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } }
      return {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { ...metadata(object), annotations: { note: 'keep' } },
        spec: { scaleTargetRef, ...size, metrics: [{ type: 'Resource', resource }] },
      }
    }

    function budget(object: string, spec: Record<string, unknown>): Manifest {
      return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata(object), spec }
    }

    function metadata(object: string) {
      return { name: object, namespace: subject.cluster.namespace }
    }
  })
}

function annotationsOf(object: Manifest | undefined): unknown {
  return object?.metadata['annotations']
}

function withReplicas(object: Manifest, replicas: number): Manifest {
  return { ...object, spec: { ...(object['spec'] as object), replicas } }
}

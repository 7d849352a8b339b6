import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Controller } from '../../src/controller/controller.ts'
import { startController } from '../../src/controller/controller.ts'
import { Reconciler } from '../../src/controller/reconcile.ts'
import type { ControllerPorts } from '../../src/controller/reconcile.ts'
import type { Wanted } from '../../src/core/machine/state.ts'
import { FINALIZER, HELD_ANNOTATION } from '../../src/api/names.ts'
import { holdText } from '../../src/core/policy/floors.ts'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import type { MeshObject } from '../../src/core/traffic/types.ts'
import { minimalSpec } from '../api/specs.ts'
import { KEY, ROLLOUT, SERVICE } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'

const GONE = 'shop/gone'

let cluster: FakeCluster
let shop: FakeShop
let delivered: Wanted[]
let ports: ControllerPorts

beforeEach(() => {
  cluster = new FakeCluster()
  shop = new FakeShop(cluster)
  shop.run('v1', 2)
  shop.run('v2', 2)
  delivered = []
  const engine = {
    deliver: async (_: unknown, wanted: Wanted) => void delivered.push(wanted),
    open: async () => new Set<string>(),
  }
  ports = { ...cluster.ports, making: cluster.making, engine }
  cluster.store.change('Rollout', ROLLOUT, (object) => ({
    ...object,
    spec: minimalSpec,
  }))
})

describe('a Rollout that is deleted, whose spec Sluice calls invalid', () => {
  function deleted(spec: object, finalizers: readonly string[]): void {
    cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers, deletionTimestamp: new Date().toISOString() },
      spec,
    }))
  }

  it.each([
    ['a field that it does not know', { ...minimalSpec, mirror: { percent: 5 } }],
    ['steps that it would not go', { ...minimalSpec, steps: [{ weight: 50, hold: '5m' }] }],
    ['no metrics', { ...minimalSpec, analysis: { metrics: [] } }],
  ])('is handed over all the same while something of it must be undone: %s', async (_, spec) => {
    deleted(spec, [FINALIZER])
    await new Reconciler(ports).reconcile(KEY)
    expect(delivered).toMatchObject([{ version: 'v2', deleting: true }])
    expect(delivered[0]?.plan).toMatchObject({
      service: 'reviews',
      virtualServices: [{ name: 'reviews' }],
      destinationRule: 'reviews',
    })
  })

  it('says what is wrong where nobody could tell what it moves', async () => {
    deleted({ ...minimalSpec, traffic: {} }, [FINALIZER])
    await new Reconciler(ports).reconcile(KEY)
    expect(delivered).toEqual([])
    expect(shop.status.message).toContain('spec.traffic')
  })

  it('is let go where nothing must be undone', async () => {
    deleted({ ...minimalSpec, mirror: {} }, ['other'])
    await new Reconciler(ports).reconcile(KEY)
    expect(delivered).toEqual([])
  })
})

describe('a Service that is gone', () => {
  it('does not make a failed version look like another one', async () => {
    const reconciler = new Reconciler(ports)
    await reconciler.reconcile(KEY)
    const { templateHash = '' } = delivered[0] ?? {}
    const at = new Date().toISOString()
    const lastFailed = { version: 'v2', templateHash, reason: 'MetricFailed', message: 'bad', at }
    const rollout = cluster.store.read('Rollout', ROLLOUT)!
    cluster.store.replaceStatus({ ...rollout, status: { stableVersion: 'v1', lastFailed } })
    cluster.store.delete('Service', SERVICE)
    await reconciler.reconcile(KEY)
    expect(delivered).toHaveLength(1)
    expect(shop.status.lastFailed).toEqual(lastFailed)
  })
})

describe('a controller that starts', () => {
  let controller: Controller
  afterEach(async () => controller.stop())

  it('removes the marks of a Rollout that went while nobody watched', async () => {
    const mark = { rollout: GONE, uid: 'uid-gone', release: 'v1-x-3', seq: 3, stable: 'v1' }
    cluster.store.change('VirtualService', SERVICE, (object) =>
      asStored(withMark(object as unknown as MeshObject, GONE, mark)),
    )
    controller = startController(ports, { subscribe: () => undefined }, () => undefined)
    await expect.poll(() => markOf(shop.virtualService, GONE)).toBeUndefined()
  })
})

describe('the floor of an autoscaler', () => {
  const AUTOSCALER = { namespace: 'shop', name: 'reviews-v1' }
  let controller: Controller
  afterEach(async () => controller.stop())

  it('that a Rollout held which went while nobody watched is given back', async () => {
    const hold = { rollout: GONE, uid: 'uid-gone', release: 'v2-x-3', seq: 3, original: 1, floor: 4 }
    cluster.store.create({
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...AUTOSCALER, annotations: { [HELD_ANNOTATION]: holdText(hold) } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews-v1' },
        minReplicas: 4,
        maxReplicas: 9,
      },
    })
    controller = startController(ports, { subscribe: () => undefined }, () => undefined)
    await expect
      .poll(() => ports.scaling.autoscalers('shop'))
      .toMatchObject([{ minReplicas: 1, maxReplicas: 9 }])
    expect(ports.scaling.autoscalers('shop')[0]?.hold).toBeUndefined()
  })

  it('that the Rollout holds after a rollback is given back when it is time, without another cause', async () => {
    const at = new Date(Date.now() - 59_500).toISOString()
    const history = [
      { from: 'v1', to: 'v2', result: 'RolledBack', reason: '', startedAt: at, finishedAt: at },
    ]
    const release = {
      id: 'v2-x-3',
      seq: 9,
      phase: 'Done',
      version: 'v2',
      templateHash: '',
      step: 1,
      steps: 1,
    }
    const rollout = cluster.store.read('Rollout', ROLLOUT)!
    const spec = { ...minimalSpec, version: 'v1', retire: { after: '1m' } }
    const changed = cluster.store.change('Rollout', ROLLOUT, () => ({ ...rollout, spec }))
    cluster.store.replaceStatus({ ...changed, status: { stableVersion: 'v1', release, history } })
    const hold = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-x-3', seq: 3, original: 1, floor: 4 }
    cluster.store.create({
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...AUTOSCALER, annotations: { [HELD_ANNOTATION]: holdText(hold) } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews-v1' },
        minReplicas: 4,
        maxReplicas: 9,
      },
    })
    controller = startController(ports, { subscribe: () => undefined }, () => undefined)
    await expect.poll(() => shop.status.observedGeneration).toBeDefined()
    expect(ports.scaling.autoscalers('shop')[0]?.minReplicas).toBe(4)
    await expect.poll(() => ports.scaling.autoscalers('shop')[0]?.minReplicas, { timeout: 5000 }).toBe(1)
  })
})

function asStored(object: MeshObject) {
  return object as unknown as ReturnType<FakeCluster['store']['create']>
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Controller } from '../../src/controller/controller.ts'
import { startController } from '../../src/controller/controller.ts'
import { Reconciler } from '../../src/controller/reconcile.ts'
import type { ControllerPorts } from '../../src/controller/reconcile.ts'
import type { Wanted } from '../../src/core/machine/state.ts'
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
  const engine = { deliver: async (_: unknown, wanted: Wanted) => void delivered.push(wanted) }
  ports = { ...cluster.ports, engine }
  cluster.store.change('Rollout', ROLLOUT, (object) => ({
    ...object,
    spec: minimalSpec,
  }))
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

function asStored(object: MeshObject) {
  return object as unknown as ReturnType<FakeCluster['store']['create']>
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MeshObject } from '../../src/core/traffic/types.ts'
import type { MeshEvent, MeshEvents } from '../../src/ports.ts'
import { aVirtualService } from '../core/shop.ts'
import type { ContractCluster } from './cluster.ts'

/** What tells of objects, and the cluster behind it. */
export interface MeshEventsSubject {
  readonly events: MeshEvents
  readonly cluster: ContractCluster
  /** Messages of the events recorded on an object. */
  eventsOf(name: string): Promise<readonly string[]>
  close(): Promise<void>
}

const EVENT: MeshEvent = { type: 'Warning', reason: 'FaultExpired', message: 'fault a had expired' }

/** What every implementation of the port MeshEvents does. */
export function meshEventsContract(name: string, open: () => Promise<MeshEventsSubject>): void {
  describe(`events of the mesh (${name})`, () => {
    let subject: MeshEventsSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('are recorded once for each version of an object, however often they are told', async () => {
      const object = await create('told')
      for (const _ of [1, 2]) await subject.events.record(object, EVENT)
      await subject.events.record(object, { ...EVENT, message: 'fault b had expired' })
      await subject.cluster.change(object.kind, 'told', (now) => ({
        ...now,
        metadata: { ...now.metadata, labels: { changed: 'yes' } },
      }))
      await subject.events.record(await read('told'), EVENT)
      expect((await subject.eventsOf('told')).toSorted()).toEqual([
        'fault a had expired',
        'fault a had expired',
        'fault b had expired',
      ])
    })

    it('are recorded on an object that is gone', async () => {
      const object = await create('gone')
      await subject.cluster.remove(object.kind, 'gone')
      await subject.events.record(object, EVENT)
      expect(await subject.eventsOf('gone')).toEqual(['fault a had expired'])
    })

    it('that cannot be written throw nothing', async () => {
      const object = await create('elsewhere')
      const metadata = { ...object.metadata, namespace: 'no-such-namespace' }
      await subject.events.record({ ...object, metadata }, EVENT)
      expect(await subject.eventsOf('elsewhere')).toEqual([])
    })

    async function create(as: string): Promise<MeshObject> {
      const { apiVersion, kind } = aVirtualService()
      const metadata = { name: as, namespace: subject.cluster.namespace }
      const spec = { hosts: [`${as}.example.com`], http: [{ route: [{ destination: { host: 'reviews' } }] }] }
      await subject.cluster.create({ apiVersion, kind, metadata, spec })
      return read(as)
    }

    async function read(as: string): Promise<MeshObject> {
      return (await subject.cluster.read('VirtualService', as)) as unknown as MeshObject
    }
  })
}

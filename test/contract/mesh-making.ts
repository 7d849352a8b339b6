import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import type { MeshMaking } from '../../src/ports.ts'
import type { MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { aDestinationRule, aVirtualService, to } from '../core/shop.ts'
import type { ContractCluster } from './cluster.ts'

/** What makes and removes objects, and the cluster behind it. */
export interface MeshMakingSubject {
  readonly making: MeshMaking
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const { apiVersion, kind, metadata } = aVirtualService()
const ROUTE: VirtualService = {
  apiVersion,
  kind,
  metadata,
  spec: { hosts: ['reviews.example.com'], http: [{ name: 'primary', route: [to('v1')] }] },
}

/** What every implementation of the port MeshMaking does. */
export function meshMakingContract(name: string, open: () => Promise<MeshMakingSubject>): void {
  describe(`making objects of the mesh (${name})`, () => {
    let subject: MeshMakingSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it.each([ROUTE, aDestinationRule()])('makes an object as it is given', async (object) => {
      const made = named(object, 'made')
      await subject.making.create(made)
      expect((await read(made))?.spec).toEqual(made.spec)
    })

    it('makes nothing where an object of that name is', async () => {
      const object = named(ROUTE, 'twice')
      await subject.making.create(object)
      await expect(subject.making.create(object)).rejects.toThrow(ConflictError)
    })

    it('says whether an object could be made, and makes nothing', async () => {
      const object = named(ROUTE, 'rehearsed')
      await subject.making.rehearse(object)
      expect(await read(object)).toBeUndefined()
      await subject.making.create(object)
      await expect(subject.making.rehearse(object)).rejects.toThrow(ConflictError)
      const malformed = named({ ...ROUTE, spec: { ...ROUTE.spec, http: 'all' } } as never, 'malformed')
      await expect(subject.making.rehearse(malformed)).rejects.toThrow(RefusedError)
    })

    it('removes an object as it was read; one that is gone counts as done', async () => {
      const object = named(ROUTE, 'goes')
      await subject.making.create(object)
      const there = await read(object)
      if (there === undefined) throw new Error('it is not there')
      expect(await subject.making.remove(there)).toBe(true)
      expect(await read(object)).toBeUndefined()
      expect(await subject.making.remove(there)).toBe(false)
    })

    it('removes nothing that somebody changed since', async () => {
      const object = named(aDestinationRule(), 'changed')
      await subject.making.create(object)
      const before = await read(object)
      if (before === undefined) throw new Error('it is not there')
      await subject.cluster.change(object.kind, 'changed', (now) => ({
        ...now,
        metadata: { ...now.metadata, labels: { changed: 'yes' } },
      }))
      await expect(subject.making.remove(before)).rejects.toThrow(ConflictError)
      expect(await read(object)).toBeDefined()
    })

    async function read(object: MeshObject): Promise<MeshObject | undefined> {
      return (await subject.cluster.read(object.kind, object.metadata.name)) as MeshObject | undefined
    }

    function named<T extends MeshObject>(object: T, as: string): T {
      return { ...object, metadata: { ...object.metadata, namespace: subject.cluster.namespace, name: as } }
    }
  })
}

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DestinationRule, MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import type { Freshness, Mesh } from '../../src/ports.ts'
import { aDestinationRule, aSubset, aVirtualService, to } from '../core/shop.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster } from './cluster.ts'

/** A mesh to try, and the cluster behind it. */
export interface MeshSubject {
  readonly mesh: Mesh
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const KIND = 'VirtualService' as const

/** What every implementation of the port Mesh does. */
export function meshContract(name: string, open: () => Promise<MeshSubject>): void {
  describe(`the mesh (${name})`, () => {
    let subject: MeshSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('has nothing that is not there', async () => {
      expect(await read('missing', 'Fresh')).toBeUndefined()
      expect(await read('missing', 'Cached')).toBeUndefined()
    })

    it('has objects as they were created, cached or fresh', async () => {
      const object = await create(route('whole'))
      expect((await read('whole', 'Fresh'))?.spec).toEqual(object.spec)
      expect((await read('whole', 'Cached'))?.spec).toEqual(object.spec)
    })

    it('reads its own write at once, from the cache, too', async () => {
      await create(route('written'))
      await vi.waitFor(async () => expect(await read('written', 'Cached')).toBeDefined(), PATIENCE)
      await subject.mesh.write(withTimeout(await must('written'), '7s'))
      expect(timeoutOf(await read('written', 'Cached'))).toBe('7s')
      expect(timeoutOf(await read('written', 'Fresh'))).toBe('7s')
    })

    it('sees what strangers write: at once when it asks, soon from the cache', async () => {
      await create(route('strange'))
      await subject.cluster.change(KIND, 'strange', (object) => withTimeout(object as MeshObject, '8s'))
      expect(timeoutOf(await read('strange', 'Fresh'))).toBe('8s')
      await vi.waitFor(async () => expect(timeoutOf(await read('strange', 'Cached'))).toBe('8s'), PATIENCE)
    })

    it('refuses a write of an object that somebody else wrote since, and leaves theirs', async () => {
      await create(route('contested'))
      const mine = await must('contested')
      await subject.cluster.change(KIND, 'contested', (object) => withTimeout(object as MeshObject, '9s'))
      await expect(subject.mesh.write(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
      expect(timeoutOf(await read('contested', 'Fresh'))).toBe('9s')
    })

    it('refuses a write of an object that is gone', async () => {
      await create(route('gone'))
      const mine = await must('gone')
      await subject.cluster.remove(KIND, 'gone')
      await expect(subject.mesh.write(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
      expect(await read('gone', 'Fresh')).toBeUndefined()
    })

    it('rehearses a write without making it', async () => {
      await create(route('rehearsed'))
      const before = await must('rehearsed')
      await subject.mesh.rehearse(withTimeout(before, '7s'))
      expect(await read('rehearsed', 'Fresh')).toEqual(before)
    })

    it('refuses a rehearsal where it would refuse the write', async () => {
      await create(route('rehearsed-in-vain'))
      const mine = await must('rehearsed-in-vain')
      const malformed = { ...mine, spec: { ...mine.spec, http: 'nowhere' } } as unknown as MeshObject
      await expect(subject.mesh.write(malformed)).rejects.toThrow(RefusedError)
      await expect(subject.mesh.rehearse(malformed)).rejects.toThrow(RefusedError)
      await subject.cluster.change(KIND, 'rehearsed-in-vain', (object) =>
        withTimeout(object as MeshObject, '9s'),
      )
      await expect(subject.mesh.rehearse(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
    })

    it('lists VirtualServices and DestinationRules, without those that are gone', async () => {
      await create(route('listed'))
      await create({ ...aDestinationRule([aSubset('v1')]), metadata: metadata('listed-rule') })
      const routes = () => subject.mesh.virtualServices().map(nameOf)
      const rules = () => subject.mesh.destinationRules().map(nameOf)
      await vi.waitFor(
        () => expect([routes(), rules()]).toEqual(withNames('listed', 'listed-rule')),
        PATIENCE,
      )
      await subject.cluster.remove(KIND, 'listed')
      await vi.waitFor(() => expect(routes()).not.toContain('listed'), PATIENCE)
    })

    function metadata(object: string) {
      return { name: object, namespace: subject.cluster.namespace, labels: { team: 'shop' } }
    }

    function route(object: string): VirtualService {
      return { ...aVirtualService([to('v1', 90), to('v2', 10)]), metadata: metadata(object) }
    }

    async function create(object: VirtualService | DestinationRule): Promise<MeshObject> {
      return (await subject.cluster.create(object)) as MeshObject
    }

    async function read(object: string, freshness: Freshness): Promise<MeshObject | undefined> {
      return subject.mesh.read({ kind: KIND, namespace: subject.cluster.namespace, name: object }, freshness)
    }

    async function must(object: string): Promise<MeshObject> {
      const found = await read(object, 'Fresh')
      if (found === undefined) throw new Error(`there is no VirtualService ${object}`)
      return found
    }
  })
}

function withNames(route: string, rule: string) {
  return [expect.arrayContaining([route]), expect.arrayContaining([rule])]
}

function nameOf({ metadata }: MeshObject): string {
  return metadata.name
}

function withTimeout<T extends MeshObject>(object: T, timeout: string): T {
  const { http = [] } = (object as VirtualService).spec
  const timed = http.map((route) => (route.name === 'primary' ? { ...route, timeout } : route))
  return { ...object, spec: { ...object.spec, http: timed } }
}

function timeoutOf(object: MeshObject | undefined): unknown {
  return (object as VirtualService | undefined)?.spec.http?.find((route) => route.name === 'primary')?.[
    'timeout'
  ]
}

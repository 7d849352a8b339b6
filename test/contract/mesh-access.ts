import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationRule, MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import type { Freshness, MeshAccess } from '../../src/ports.ts'
import { aVirtualService, to } from '../core/shop.ts'
import type { ContractCluster } from './cluster.ts'

/** Objects of a mesh, and the cluster behind them. */
export interface MeshAccessSubject {
  readonly mesh: MeshAccess
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const KIND = 'VirtualService' as const

/** What every implementation of the port MeshAccess does. */
export function meshAccessContract(name: string, open: () => Promise<MeshAccessSubject>): void {
  describe(`objects of the mesh, one at a time (${name})`, () => {
    let subject: MeshAccessSubject
    let hand: MeshHand

    beforeAll(async () => {
      subject = await open()
      hand = new MeshHand(subject)
    })

    afterAll(async () => subject.close())

    it('are absent when they are not there', async () => {
      expect(await hand.read('missing', 'Fresh')).toBeUndefined()
      expect(await hand.read('missing', 'Cached')).toBeUndefined()
    })

    it('are read as they were created, cached or fresh', async () => {
      const object = await hand.create(hand.route('whole'))
      expect((await hand.read('whole', 'Fresh'))?.spec).toEqual(object.spec)
      expect((await hand.read('whole', 'Cached'))?.spec).toEqual(object.spec)
    })

    it('are read as they were written', async () => {
      await hand.create(hand.route('rewritten'))
      await subject.mesh.write(withTimeout(await hand.must('rewritten'), '7s'))
      expect(timeoutOf(await hand.read('rewritten', 'Cached'))).toBe('7s')
      expect(timeoutOf(await hand.read('rewritten', 'Fresh'))).toBe('7s')
    })

    it('are read as strangers wrote them', async () => {
      await hand.create(hand.route('strangers'))
      await subject.cluster.change(KIND, 'strangers', (object) => withTimeout(object as MeshObject, '8s'))
      expect(timeoutOf(await hand.read('strangers', 'Fresh'))).toBe('8s')
    })

    it('are not written when somebody else wrote since: theirs stays', async () => {
      await hand.create(hand.route('contested'))
      const mine = await hand.must('contested')
      await subject.cluster.change(KIND, 'contested', (object) => withTimeout(object as MeshObject, '9s'))
      await expect(subject.mesh.write(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
      expect(timeoutOf(await hand.read('contested', 'Fresh'))).toBe('9s')
    })

    it('are not written when they are gone', async () => {
      await hand.create(hand.route('gone'))
      const mine = await hand.must('gone')
      await subject.cluster.remove(KIND, 'gone')
      await expect(subject.mesh.write(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
      expect(await hand.read('gone', 'Fresh')).toBeUndefined()
    })

    it('are not written when they are malformed', async () => {
      await hand.create(hand.route('malformed'))
      await expect(subject.mesh.write(malformed(await hand.must('malformed')))).rejects.toThrow(RefusedError)
    })
  })
}

/** Makes and reads what a contract is tried with. */
export class MeshHand {
  readonly #subject: Pick<MeshAccessSubject, 'mesh' | 'cluster'>

  constructor(subject: Pick<MeshAccessSubject, 'mesh' | 'cluster'>) {
    this.#subject = subject
  }

  metadata(object: string) {
    return { name: object, namespace: this.#subject.cluster.namespace, labels: { team: 'shop' } }
  }

  route(object: string): VirtualService {
    return { ...aVirtualService([to('v1', 90), to('v2', 10)]), metadata: this.metadata(object) }
  }

  async create(object: VirtualService | DestinationRule): Promise<MeshObject> {
    return (await this.#subject.cluster.create(object)) as MeshObject
  }

  async read(object: string, freshness: Freshness): Promise<MeshObject | undefined> {
    const { mesh, cluster } = this.#subject
    return mesh.read({ kind: KIND, namespace: cluster.namespace, name: object }, freshness)
  }

  async must(object: string): Promise<MeshObject> {
    const found = await this.read(object, 'Fresh')
    if (found === undefined) throw new Error(`there is no VirtualService ${object}`)
    return found
  }
}

export function withTimeout<T extends MeshObject>(object: T, timeout: string): T {
  const { http = [] } = (object as VirtualService).spec
  const timed = http.map((route) => (route.name === 'primary' ? { ...route, timeout } : route))
  return { ...object, spec: { ...object.spec, http: timed } }
}

export function timeoutOf(object: MeshObject | undefined): unknown {
  return (object as VirtualService | undefined)?.spec.http?.find((route) => route.name === 'primary')?.[
    'timeout'
  ]
}

/** One that the definition of its kind does not allow. */
export function malformed(object: MeshObject): MeshObject {
  return { ...object, spec: { ...object.spec, http: 'nowhere' } } as unknown as MeshObject
}

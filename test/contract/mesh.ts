import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MeshObject } from '../../src/core/traffic/types.ts'
import { ConflictError, RefusedError } from '../../src/ports.ts'
import type { Mesh } from '../../src/ports.ts'
import { aDestinationRule, aSubset } from '../core/shop.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster } from './cluster.ts'
import { MeshHand, malformed, meshAccessContract, timeoutOf, withTimeout } from './mesh-access.ts'

/** A mesh to try, and the cluster behind it. */
export interface MeshSubject {
  readonly mesh: Mesh
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const KIND = 'VirtualService' as const

/** What every implementation of the port Mesh does. */
export function meshContract(name: string, open: () => Promise<MeshSubject>): void {
  meshAccessContract(name, open)

  describe(`the mesh (${name})`, () => {
    let subject: MeshSubject
    let hand: MeshHand

    beforeAll(async () => {
      subject = await open()
      hand = new MeshHand(subject)
    })

    afterAll(async () => subject.close())

    it('reads its own write at once, from the cache, too', async () => {
      await hand.create(hand.route('written'))
      await vi.waitFor(async () => expect(await hand.read('written', 'Cached')).toBeDefined(), PATIENCE)
      await subject.mesh.write(withTimeout(await hand.must('written'), '7s'))
      expect(timeoutOf(await hand.read('written', 'Cached'))).toBe('7s')
      expect(timeoutOf(await hand.read('written', 'Fresh'))).toBe('7s')
    })

    it('sees what strangers write: at once when it asks, soon from the cache', async () => {
      await hand.create(hand.route('strange'))
      await subject.cluster.change(KIND, 'strange', (object) => withTimeout(object as MeshObject, '8s'))
      expect(timeoutOf(await hand.read('strange', 'Fresh'))).toBe('8s')
      const cached = async () => timeoutOf(await hand.read('strange', 'Cached'))
      await vi.waitFor(async () => expect(await cached()).toBe('8s'), PATIENCE)
    })

    it('rehearses a write without making it', async () => {
      await hand.create(hand.route('rehearsed'))
      const before = await hand.must('rehearsed')
      await subject.mesh.rehearse(withTimeout(before, '7s'))
      expect(await hand.read('rehearsed', 'Fresh')).toEqual(before)
    })

    it('refuses a rehearsal where it would refuse the write', async () => {
      await hand.create(hand.route('rehearsed-in-vain'))
      const mine = await hand.must('rehearsed-in-vain')
      await expect(subject.mesh.write(malformed(mine))).rejects.toThrow(RefusedError)
      await expect(subject.mesh.rehearse(malformed(mine))).rejects.toThrow(RefusedError)
      await subject.cluster.change(KIND, 'rehearsed-in-vain', (object) =>
        withTimeout(object as MeshObject, '9s'),
      )
      await expect(subject.mesh.rehearse(withTimeout(mine, '1s'))).rejects.toThrow(ConflictError)
    })

    it('lists VirtualServices and DestinationRules, without those that are gone', async () => {
      await hand.create(hand.route('listed'))
      await hand.create({ ...aDestinationRule([aSubset('v1')]), metadata: hand.metadata('listed-rule') })
      const routes = () => subject.mesh.virtualServices().map(nameOf)
      const rules = () => subject.mesh.destinationRules().map(nameOf)
      await vi.waitFor(
        () => expect([routes(), rules()]).toEqual(withNames('listed', 'listed-rule')),
        PATIENCE,
      )
      await subject.cluster.remove(KIND, 'listed')
      await vi.waitFor(() => expect(routes()).not.toContain('listed'), PATIENCE)
    })
  })
}

function withNames(route: string, rule: string) {
  return [expect.arrayContaining([route]), expect.arrayContaining([rule])]
}

function nameOf({ metadata }: MeshObject): string {
  return metadata.name
}

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { FINALIZER } from '../../src/api/names.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { RolloutEvent } from '../../src/core/status/events.ts'
import type { RolloutStore } from '../../src/ports.ts'
import { minimalSpec } from '../api/specs.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster, Manifest } from './cluster.ts'

/** A store to try, and the cluster behind it. */
export interface RolloutStoreSubject {
  readonly store: RolloutStore
  readonly cluster: ContractCluster
  /** Messages of the events recorded on a Rollout. */
  eventsOf(rollout: string): Promise<readonly string[]>
  close(): Promise<void>
}

const KIND = 'Rollout'
/** The status of a Rollout that nobody has seen yet. */
const UNSEEN: RolloutStatus = { observedGeneration: 0 }
const EVENT: RolloutEvent = { type: 'Normal', reason: 'WeightRaised', message: 'v2 gets 5 %', seq: 7 }

interface Ref {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What every implementation of the port RolloutStore does. */
export function rolloutStoreContract(name: string, open: () => Promise<RolloutStoreSubject>): void {
  describe(`the store of Rollouts (${name})`, () => {
    let subject: RolloutStoreSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('has Rollouts as the cluster has them', async () => {
      const ref = await create('there')
      const rollout = subject.store.get(ref)
      expect(rollout?.meta).toMatchObject({ ...ref, generation: 1, finalizers: [] })
      expect(rollout?.meta).not.toHaveProperty('deletionTimestamp')
      expect(rollout?.spec).toMatchObject({ version: 'v2' })
      expect(rollout?.status).toEqual(UNSEEN)
      expect(subject.store.get({ ...ref, name: 'missing' })).toBeUndefined()
    })

    it('lists those of a namespace, or all', async () => {
      await create('listed')
      const names = (namespace?: string) => subject.store.list(namespace).map(({ meta }) => meta.name)
      expect(names()).toContain('listed')
      expect(names(subject.cluster.namespace)).toContain('listed')
      expect(names('another-namespace')).not.toContain('listed')
    })

    it('writes the status that is made of the current one', async () => {
      const ref = await create('status')
      await subject.store.updateStatus(ref, () => ({ message: 'one' }))
      await subject.store.updateStatus(ref, (prior) => ({ ...prior, stableVersion: prior.message ?? '' }))
      expect(await statusOf('status')).toEqual({ message: 'one', stableVersion: 'one' })
      expect(subject.store.get(ref)?.status).toEqual({ message: 'one', stableVersion: 'one' })
    })

    it('writes nothing when there is nothing to write', async () => {
      const ref = await create('quiet')
      await subject.store.updateStatus(ref, () => ({ message: 'one' }))
      const before = await subject.cluster.read(KIND, 'quiet')
      await subject.store.updateStatus(ref, () => undefined)
      await subject.store.updateStatus(ref, () => ({ message: 'one' }))
      expect(await subject.cluster.read(KIND, 'quiet')).toEqual(before)
    })

    it('asks again with what somebody else wrote meanwhile', async () => {
      const ref = await create('contested')
      await subject.cluster.setStatus(KIND, 'contested', { message: 'theirs' })
      await subject.store.updateStatus(ref, (prior) => ({ ...prior, stableVersion: 'v1' }))
      expect(await statusOf('contested')).toMatchObject({ message: 'theirs', stableVersion: 'v1' })
    })

    it('sets and removes our finalizer and no other, as often as it is asked', async () => {
      const ref = await create('held', ['example.com/other'])
      for (const _ of [1, 2]) await subject.store.setFinalizer(ref, true)
      expect(await finalizersOf('held')).toEqual(['example.com/other', FINALIZER])
      for (const _ of [1, 2]) await subject.store.setFinalizer(ref, false)
      expect(await finalizersOf('held')).toEqual(['example.com/other'])
    })

    it('keeps a deleted Rollout while the finalizer stands, and lets it go with it', async () => {
      const ref = await create('leaving')
      await subject.store.setFinalizer(ref, true)
      await subject.cluster.remove(KIND, 'leaving')
      await vi.waitFor(() => expect(subject.store.get(ref)?.meta.deletionTimestamp).toBeDefined(), PATIENCE)
      await subject.store.setFinalizer(ref, false)
      expect(await subject.cluster.read(KIND, 'leaving')).toBeUndefined()
      await vi.waitFor(() => expect(subject.store.get(ref)).toBeUndefined(), PATIENCE)
    })

    it('counts a Rollout that is gone as done', async () => {
      const ref = await create('gone')
      await subject.cluster.remove(KIND, 'gone')
      await subject.store.updateStatus(ref, () => ({ message: 'too late' }))
      await subject.store.setFinalizer(ref, true)
      expect(await subject.cluster.read(KIND, 'gone')).toBeUndefined()
    })

    it('leaves another Rollout of the same name alone', async () => {
      const old = await create('again')
      await subject.cluster.remove(KIND, 'again')
      const next = await create('again')
      await subject.store.updateStatus(old, () => ({ message: 'of the old one' }))
      await subject.store.setFinalizer(old, true)
      expect(next.uid).not.toBe(old.uid)
      expect(await statusOf('again')).toEqual(UNSEEN)
      expect(await finalizersOf('again')).toEqual([])
    })

    it('records an event once, however often it is told', async () => {
      const ref = await create('told')
      for (const _ of [1, 2]) await subject.store.record(ref, EVENT)
      await subject.store.record(ref, { ...EVENT, seq: 8 })
      await subject.store.record(ref, { ...EVENT, message: 'v2 gets 20 %' })
      expect((await subject.eventsOf('told')).toSorted()).toEqual([
        'v2 gets 20 %',
        'v2 gets 5 %',
        'v2 gets 5 %',
      ])
    })

    async function create(rollout: string, finalizers: readonly string[] = []): Promise<Ref> {
      const { namespace } = subject.cluster
      const metadata = { name: rollout, namespace, ...(finalizers.length > 0 && { finalizers }) }
      const spec = { ...minimalSpec, paused: true }
      const object = await subject.cluster.create({
        apiVersion: 'sluice.dev/v1alpha1',
        kind: KIND,
        metadata,
        spec,
      })
      const ref = { namespace, name: rollout, uid: object.metadata.uid ?? '' }
      await vi.waitFor(() => expect(subject.store.get(ref)?.meta.uid).toBe(ref.uid), PATIENCE)
      return ref
    }

    async function statusOf(rollout: string): Promise<RolloutStatus> {
      const object = await subject.cluster.read(KIND, rollout)
      return object?.['status'] ?? {}
    }

    async function finalizersOf(rollout: string): Promise<readonly string[]> {
      const object: Manifest | undefined = await subject.cluster.read(KIND, rollout)
      return object?.metadata.finalizers ?? []
    }
  })
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Changes } from '../../src/ports.ts'
import { aDestinationRule, aVirtualService } from '../core/shop.ts'
import type { ContractCluster, Manifest } from './cluster.ts'

/** What tells of changes, and the cluster that changes. */
export interface ChangesSubject {
  readonly changes: Changes
  readonly cluster: ContractCluster
  close(): Promise<void>
}

/** Longer than anything here takes (milliseconds). */
const LONG = 20_000

/** What every implementation of the port Changes does. */
export function changesContract(name: string, open: () => Promise<ChangesSubject>): void {
  describe(`changes (${name})`, () => {
    let subject: ChangesSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it.each<[string, () => Manifest]>([
      ['a VirtualService', () => ({ ...aVirtualService(), metadata: metadata('route') })],
      ['a DestinationRule', () => ({ ...aDestinationRule(), metadata: metadata('rule') })],
      [
        'a Service',
        () => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: metadata('service'),
          spec: { ports: [{ port: 80 }] },
        }),
      ],
      [
        'a Pod',
        () => ({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: metadata('pod'),
          spec: { containers: [{ name: 'app', image: 'example.com/app' }], schedulerName: 'nobody' },
        }),
      ],
    ])('wake who waits in a namespace for %s', async (_, make) => {
      const woken = outcome(subject.changes.next([subject.cluster.namespace], LONG, never()))
      await subject.cluster.create(make())
      expect(await woken).toBeLessThan(LONG)
    })

    it('wake nobody in another namespace', async () => {
      const waiting = outcome(subject.changes.next(['another-namespace'], 300, never()))
      await subject.cluster.create({ ...aVirtualService(), metadata: metadata('elsewhere') })
      expect(await waiting).toBeGreaterThanOrEqual(290)
    })

    it('are waited for no longer than asked', async () => {
      expect(await outcome(subject.changes.next(['quiet-namespace'], 50, never()))).toBeLessThan(LONG)
    })

    it('are not waited for by one who was told to stop, before or meanwhile', async () => {
      const stop = new AbortController()
      const waiting = outcome(subject.changes.next(['quiet-namespace'], LONG, stop.signal))
      stop.abort()
      expect(await waiting).toBeLessThan(LONG)
      expect(await outcome(subject.changes.next(['quiet-namespace'], LONG, stop.signal))).toBeLessThan(LONG)
    })

    function metadata(object: string) {
      return { name: object, namespace: subject.cluster.namespace }
    }
  })
}

/** A signal that nobody aborts. */
function never(): AbortSignal {
  return new AbortController().signal
}

/** Milliseconds until something was over. */
async function outcome(waiting: Promise<void>): Promise<number> {
  const start = performance.now()
  await waiting
  return performance.now() - start
}

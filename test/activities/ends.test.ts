import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FINALIZER } from '../../src/api/names.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { withMark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import { KEY, ROLLOUT, SERVICE, to } from '../core/shop.ts'
import type { Ports } from '../../src/ports.ts'
import { act, drive } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('without the Service', () => {
  it('only what it selected when the release began is scaled down', async () => {
    stage.answer('v2', 0)
    stage.runOther('ratings', 'v1')
    const retiring = await stage.until('Retiring')
    stage.cluster.store.delete('Service', SERVICE)
    await stage.next(retiring)
    expect([stage.replicasOf('ratings-v1'), stage.replicasOf('reviews-v1')]).toEqual([3, 0])
  })

  it('nothing is scaled down when nobody can say whose pods carry the version', async () => {
    stage.answer('v2', 0)
    stage.runOther('ratings', 'v1')
    const { selector: _selector, ...retiring } = await stage.until('Retiring')
    stage.cluster.store.delete('Service', SERVICE)
    await stage.next(retiring)
    expect([stage.replicasOf('ratings-v1'), stage.replicasOf('reviews-v1')]).toEqual([3, 2])
  })
})

describe('traffic that a stranger gives to the version that leaves', () => {
  it('is put back while the old version is retired', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.divide(to('v1', 100), to(CANARY, 0))
    await stage.next(retiring)
    expect(stage.route).toEqual([[CANARY, 100]])
    expect(stage.shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual([CANARY])
    expect(stage.reasons).toContain('Drifted')
  })

  it('is put back though the stranger took our mark along', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.divide(to('v1', 90), to(CANARY, 10))
    stage.write((object) => withMark(object, KEY, undefined))
    await stage.next(retiring)
    expect(stage.route).toEqual([[CANARY, expect.anything()]])
  })

  it('is put back though the stranger brought a whole older copy back', async () => {
    const older = stage.shop.virtualService
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    const mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v1-x-1', seq: 1, stable: 'v1' }
    stage.write((object) => ({ ...object, ...withMark({ ...object, spec: older.spec }, KEY, mark) }))
    await stage.next(retiring)
    expect(stage.route).toEqual([[CANARY, 100]])
    expect(stage.shop.replicas('v1')).toBe(0)
  })

  it('is left there while nobody else could take it, and put back as soon as the new version can', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.divide(to('v1', 90), to(CANARY, 10))
    stage.shop.setReady('v2', false)
    const { cluster } = stage
    const looks = vi.spyOn(cluster.ports.mesh, 'read')
    const retired = stage.next(retiring)
    await expect.poll(() => looks.mock.calls.length).toBeGreaterThan(2)
    expect(stage.route).toEqual([
      ['v1', 90],
      [CANARY, 10],
    ])
    stage.shop.setReady('v2', true)
    await retired
    expect(stage.route).toEqual([[CANARY, 100]])
    expect(stage.subsets).toEqual([CANARY])
  })

  it('stays with its pods where the new version has none for long, or the Rollout goes', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.divide(to('v1', 90), to(CANARY, 10))
    stage.shop.setReady('v2', false)
    const late = { ...retiring, phaseAt: retiring.phaseAt - retiring.plan.progressDeadlineMs }
    await stage.next(late)
    await stage.next({ ...retiring, wanted: { ...retiring.wanted, deleting: true } })
    expect(stage.route).toEqual([
      ['v1', 90],
      [CANARY, 10],
    ])
    expect([stage.subsets, stage.shop.replicas('v1')]).toEqual([['v1', CANARY], 2])
    expect(stage.reasons).toContain('SubsetKept')
  })

  describe('where it cannot be put back', () => {
    const PLAN = { virtualServices: [{ name: 'reviews', routes: ['primary', 'second'] }] }

    /** v1 is being retired from two routes; then Git's copy comes, with one of them, and with v1. */
    async function withoutSecond(): Promise<ReleaseState> {
      stage.answer('v2', 0)
      const http = [
        ...(stage.shop.virtualService.spec.http ?? []),
        { name: 'second', route: [to('v1', 100)] },
      ]
      stage.write((object) => ({ ...object, spec: { ...object.spec, http } }))
      const retiring = await stage.until('Retiring', stage.start({}, PLAN))
      stage.divide(to('v1', 100))
      return retiring
    }

    function expectGivenUp(): void {
      expect(stage.route).toEqual([['v1', 100]])
      expect([stage.subsets, stage.shop.replicas('v1')]).toEqual([['v1', CANARY], 2])
      expect(stage.reasons).toContain('SubsetKept')
    }

    it('is tried until the deadline, and then stays with its pods and its subset', async () => {
      const retiring = await withoutSecond()
      const looks = vi.spyOn(stage.cluster.ports.mesh, 'read')
      const lateAt = Date.now() + 100
      await stage.next({ ...retiring, phaseAt: lateAt - retiring.plan.progressDeadlineMs })
      expect(Date.now()).toBeGreaterThanOrEqual(lateAt)
      expect(looks.mock.calls.length).toBeGreaterThan(2)
      expectGivenUp()
      expect(stage.cluster.store.read('Rollout', ROLLOUT)?.metadata.finalizers ?? []).not.toContain(FINALIZER)
    })

    it('holds no Rollout up that goes', async () => {
      const retiring = await withoutSecond()
      stage.cluster.store.change('Rollout', ROLLOUT, (object) => ({
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      }))
      await stage.next({ ...retiring, wanted: { ...retiring.wanted, deleting: true } })
      expectGivenUp()
    })
  })

  it('is left there at once where the Rollout goes while that is awaited', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.divide(to('v1', 90), to(CANARY, 10))
    stage.shop.setReady('v2', false)
    const looks = vi.spyOn(stage.cluster.ports.mesh, 'read')
    const retired = stage.next(retiring)
    await expect.poll(() => looks.mock.calls.length).toBeGreaterThan(2)
    stage.cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: ['any'], deletionTimestamp: new Date().toISOString() },
    }))
    await retired
    expect(stage.route).toEqual([
      ['v1', 90],
      [CANARY, 10],
    ])
    expect(stage.reasons).toContain('SubsetKept')
  })

  it('is taken from a failed canary again', async () => {
    stage.answer('v2', 0.2)
    const cleaning = await stage.until('Cleaning')
    stage.divide(to('v1', 90), to(CANARY, 10))
    await stage.next(cleaning)
    expect(stage.route).toEqual([['v1', 100]])
    expect(stage.shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual(['v1'])
  })

  it('by another route keeps its subset and its pods', async () => {
    stage.answer('v2', 0)
    const retiring = await stage.until('Retiring')
    stage.write((object) => {
      const old = { name: 'old-clients', match: [{ headers: {} }], route: [to('v1')] }
      return { ...object, spec: { ...object.spec, http: [old, ...(object.spec.http ?? [])] } }
    })
    await stage.next(retiring)
    expect(stage.reasons).toContain('SubsetKept')
    expect(stage.shop.replicas('v1')).toBe(2)
  })
})

describe('the way back', () => {
  it('is gone though a stranger took our mark, and costs no version its pods', async () => {
    stage.answer('v2', 0)
    const retaining = await stage.until('Retaining')
    stage.write((object) => withMark(object, KEY, undefined))
    const { end } = await drive(stage.cluster.ports, stage.want(retaining, { version: 'v1' }))
    expect(end.ended?.result).toBe('Returned')
    expect(stage.route).toEqual([['v1', 100]])
    expect(stage.shop.replicas('v1')).toBe(2)
  })
})

describe('the end of a release by a worker that was frozen meanwhile', () => {
  /** Proxies that use nothing: what the worker had seen before it froze. */
  const frozen = (): Ports => ({
    ...stage.cluster.ports,
    propagation: {
      name: 'Frozen',
      look: async () => ({ proxies: [{ proxy: 'gateway', endpoints: {}, weights: {} }] }),
    },
  })

  async function secondRelease(after: ReleaseState): Promise<ReleaseState> {
    stage.answer('v2', 0)
    const rollout = stage.cluster.store.read('Rollout', ROLLOUT)!
    const { lastFailed: _failed, ...status } = stage.shop.status
    stage.cluster.store.replaceStatus({ ...rollout, status })
    stage.cluster.store.change('Deployment', { namespace: 'shop', name: 'reviews-v2' }, (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), replicas: 2 },
    }))
    return stage.until('Observing', stage.start({ templateHash: 'mended' }, {}, after.seq))
  }

  it('leaves the next release its pods and its finalizer', async () => {
    stage.answer('v2', 0.2)
    const cleaning = await stage.until('Cleaning')
    await secondRelease(await stage.next(cleaning))
    await act(frozen(), cleaning)
    expect(stage.shop.replicas('v2')).toBe(2)
    expect(stage.cluster.store.read('Rollout', ROLLOUT)?.metadata.finalizers).toContain(FINALIZER)
    expect(stage.route).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
  })
})

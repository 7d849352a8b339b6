import { describe, expect, it } from 'vitest'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { deadCaches, unreadyCaches } from '../../../src/adapters/kubernetes/health.ts'
import { Pulse } from '../../../src/adapters/kubernetes/pulse.ts'

const MINUTE = 60_000

/** Two caches, as far as health looks at them, and a clock that is moved by hand. */
async function someCaches(synced = true) {
  let now = 0
  const absent = new Set<string>()
  const cache = (kind: string) => ({
    kind,
    pulse: new Pulse(() => now),
    isSynced: () => synced,
    isAbsent: () => absent.has(kind),
  })
  const rollouts = cache('rollouts')
  const pods = cache('pods')
  if (synced) for (const { pulse } of [rollouts, pods]) await pulse.attempt(async () => undefined)
  return {
    caches: { rollouts, pods, workloads: [] } as unknown as Caches,
    absent,
    rollouts,
    pods,
    pass: (ms: number) => (now += ms),
  }
}

describe('readiness', () => {
  it('waits for the first lists', async () => {
    const { caches } = await someCaches(false)
    expect(unreadyCaches(caches)).toEqual(['the API server has not been read yet'])
  })

  it('waits for the first lists, and tells at once why one of them does not come', async () => {
    const { caches, pods } = await someCaches(false)
    pods.pulse.broke('pods is forbidden')
    expect(unreadyCaches(caches)).toEqual([
      'pods: not read from the API server yet, trying again: pods is forbidden',
    ])
  })

  it('is given when all watches work', async () => {
    const { caches } = await someCaches()
    expect(unreadyCaches(caches)).toEqual([])
  })

  it('is given though the cluster lacks an optional kind', async () => {
    const { caches, pods, absent, pass } = await someCaches()
    pods.pulse.broke('404 page not found')
    pass(11_000)
    expect(unreadyCaches(caches)).toHaveLength(1)
    absent.add('pods')
    expect(unreadyCaches(caches)).toEqual([])
  })

  it('is kept through a short break', async () => {
    const { caches, pods, pass } = await someCaches()
    pods.pulse.broke('refused')
    pass(9_000)
    expect(unreadyCaches(caches)).toEqual([])
  })

  it('is lost when a watch stays broken; which one, and why, is told', async () => {
    const { caches, pods, pass } = await someCaches()
    pods.pulse.broke('pods is forbidden')
    pass(11_000)
    expect(unreadyCaches(caches)).toEqual(['pods: the watch is broken, trying again: pods is forbidden'])
  })
})

describe('liveness', () => {
  it('is not lost to an API server that is away: a restart would not bring it back', async () => {
    const { caches, rollouts, pods, pass } = await someCaches()
    for (let minute = 0; minute < 60; minute++) {
      pass(MINUTE)
      rollouts.pulse.broke('refused')
      pods.pulse.broke('refused')
    }
    expect(deadCaches(caches)).toEqual([])
  })

  it('is lost when a watch neither brings anything nor tries again', async () => {
    const { caches, rollouts, pass } = await someCaches()
    pass(4 * MINUTE)
    rollouts.pulse.sign()
    pass(2 * MINUTE)
    expect(deadCaches(caches)).toEqual(['the watch of pods has fallen silent'])
  })
})

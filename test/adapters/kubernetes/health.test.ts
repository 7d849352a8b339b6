import { describe, expect, it } from 'vitest'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { deadCaches, unreadyCaches } from '../../../src/adapters/kubernetes/health.ts'
import { Pulse } from '../../../src/adapters/kubernetes/pulse.ts'

const MINUTE = 60_000

/** Two caches, as far as health looks at them, and a clock that is moved by hand. */
function someCaches(synced = true) {
  let now = 0
  const cache = (kind: string) => ({ kind, pulse: new Pulse(() => now), isSynced: () => synced })
  const rollouts = cache('rollouts')
  const pods = cache('pods')
  return {
    caches: { rollouts, pods } as unknown as Caches,
    rollouts,
    pods,
    pass: (ms: number) => (now += ms),
  }
}

describe('readiness', () => {
  it('waits for the first lists', () => {
    expect(unreadyCaches(someCaches(false).caches)).toEqual(['the API server has not been read yet'])
  })

  it('is given when all watches work', () => {
    expect(unreadyCaches(someCaches().caches)).toEqual([])
  })

  it('is kept through a short break', () => {
    const { caches, pods, pass } = someCaches()
    pods.pulse.broke(new Error('refused'))
    pass(9_000)
    expect(unreadyCaches(caches)).toEqual([])
  })

  it('is lost when a watch stays broken; which one, and why, is told', () => {
    const { caches, pods, pass } = someCaches()
    pods.pulse.broke(new Error('pods is forbidden'))
    pass(11_000)
    expect(unreadyCaches(caches)).toEqual(['the watch of pods is broken, trying again: pods is forbidden'])
  })
})

describe('liveness', () => {
  it('is not lost to an API server that is away: a restart would not bring it back', () => {
    const { caches, rollouts, pods, pass } = someCaches()
    for (let minute = 0; minute < 60; minute++) {
      pass(MINUTE)
      rollouts.pulse.broke(new Error('refused'))
      pods.pulse.broke(new Error('refused'))
    }
    expect(deadCaches(caches)).toEqual([])
  })

  it('is lost when a watch neither brings anything nor tries again', () => {
    const { caches, rollouts, pass } = someCaches()
    pass(4 * MINUTE)
    rollouts.pulse.sign()
    pass(2 * MINUTE)
    expect(deadCaches(caches)).toEqual(['the watch of pods has fallen silent'])
  })
})

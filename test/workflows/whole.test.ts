import { describe, expect, it } from 'vitest'
import { until } from '../../sandbox/until.ts'
import { aPlan, aVirtualService, primary } from '../core/shop.ts'
import { releaseIn } from './kit/real.ts'
import { Shop } from './kit/shop.ts'

/** As the workflow has it; one that was not heard of for so long is given up (seconds). */
const HEARTBEAT_TIMEOUT_S = 10

function secondsOf(time: { readonly seconds?: unknown } | null | undefined): number {
  return Number(time?.seconds)
}

describe('the activities as they are', () => {
  it('bring a good version to all users', async (context) => {
    const shop = new Shop()
    const release = await releaseIn(shop, context)
    await release.want()
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(shop.weights()).toEqual({ v2: 100 })
    expect(shop.pods['v1']).toBe(0)
    expect(shop.rollout?.meta.finalizers).toEqual([])
    expect(shop.rollout?.status).toMatchObject({ stableVersion: 'v2', release: { phase: 'Done' } })
  })

  it('take a bad version back, and leave the route as it was', async (context) => {
    const shop = new Shop()
    shop.errors = 0.2
    const release = await releaseIn(shop, context)
    await release.want()
    const { ended } = await release.ended()
    expect(ended).toMatchObject({ result: 'RolledBack' })
    expect(ended?.reason).toMatch(/^MetricFailed/)
    expect(primary(shop.virtualService)).toEqual(primary(aVirtualService()))
    expect(shop.pods['v2']).toBe(0)
  })

  it('are heard of often enough by the server while a step is observed that nothing happens in', async (context) => {
    const shop = new Shop()
    shop.isRealTime = true
    const release = await releaseIn(shop, context)
    await release.want({ plan: aPlan({ intervalMs: 3_600_000 }) })
    await until(async () => {
      const [observer] = (await release.handle().describe()).raw.pendingActivities ?? []
      expect(observer?.activityType?.name).toBe('observe')
      expect(observer?.attempt).toBe(1)
      const heard = secondsOf(observer?.lastHeartbeatTime) - secondsOf(observer?.scheduledTime)
      expect(heard).toBeGreaterThan(HEARTBEAT_TIMEOUT_S)
    }, 40_000)
    await release.want({ version: 'v1', templateHash: 'template-0' })
    expect((await release.ended()).ended?.result).toBe('RolledBack')
  })

  it('touch nothing for a Rollout that is gone, though what it waited for has come', async (context) => {
    const shop = new Shop()
    shop.isPrometheusAway = true
    const release = await releaseIn(shop, context)
    await release.want()
    await release.reaches('Refused')
    shop.isPrometheusAway = false
    shop.rollout = undefined
    expect((await release.ended()).phase).toBe('Done')
    expect(shop.virtualService.metadata.resourceVersion).toBe('1')
  })

  it('never act for a Rollout of the same name that was made since', async (context) => {
    const shop = new Shop()
    const release = await releaseIn(shop, context)
    const { rollout } = shop
    shop.rollout = rollout && { ...rollout, meta: { ...rollout.meta, uid: 'uid-anew' } }
    await release.want()
    await until(async () => {
      const { pendingActivities } = (await release.handle().describe()).raw
      expect(pendingActivities?.[0]?.attempt).toBeGreaterThan(2)
    }, 15_000)
    expect(shop.virtualService.metadata.resourceVersion).toBe('1')
    await release.want({ uid: 'uid-anew' })
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(shop.rollout?.status).toMatchObject({ stableVersion: 'v2', release: { phase: 'Done' } })
  })
})

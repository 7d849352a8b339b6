import { ApplicationFailure } from '@temporalio/activity'
import { WorkflowNotFoundError } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../../sandbox/until.ts'
import { aPlan } from '../core/shop.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Held, untilStopped } from './kit/answers.ts'
import { Stage } from './kit/stage.ts'
import { afterLook } from './kit/usual.ts'

/** Of the 15 s in which a step has to be observed again: a look, which comes after this, takes its time too. */
const OBSERVED_AGAIN_S = 12

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open(inject('temporal'))
  await stage.work()
})

afterAll(async () => stage.close())

const back = { version: 'v1', templateHash: 'template-0' }

describe('a release whose observers die', () => {
  it('is observed again as soon after the tenth death as after the first', async () => {
    const release = stage.release({ plan: QUICK })
    await release.want()
    await release.ended()
    const { events } = await release.handle().fetchHistory()
    const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? [])
    const observed = scheduled.filter(({ activityType }) => activityType?.name === 'observe')
    expect(observed).not.toEqual([])
    for (const { heartbeatTimeout, retryPolicy } of observed) {
      const longestPause = Number(retryPolicy?.maximumInterval?.seconds)
      expect(Number(heartbeatTimeout?.seconds) + longestPause).toBeLessThanOrEqual(OBSERVED_AGAIN_S)
    }
  })
})

describe('what was overtaken', () => {
  it('is not waited for: weight is lowered while an observer is deaf', async () => {
    const release = stage.release({ plan: QUICK })
    release.on('observe', new Held().answer)
    await release.want()
    await release.called('observe')
    await release.want(back)
    await release.called('lower')
    expect((await release.ended()).ended?.result).toBe('RolledBack')
  })

  it('is not believed: a raise that comes back late changes nothing', async () => {
    const release = stage.release({ plan: QUICK })
    const slow = new Held()
    const clean = new Held()
    release.once('raise', slow.answer)
    release.once('clean', clean.answer)
    await release.want()
    await release.called('raise')
    await release.want(back)
    await release.called('clean')
    slow.give({ type: 'Raised' })
    clean.give({ type: 'Cleaned' })
    const state = await release.ended()
    expect(release.callsOf('observe')).toEqual([])
    expect(state.stepStartedAt).toBeUndefined()
  })

  it('is told to stop', async () => {
    const release = stage.release({ plan: QUICK })
    // Cancellation comes with the answer to a heartbeat.
    release.on('observe', untilStopped)
    await release.want()
    const { signal } = await release.called('observe')
    await release.want(back)
    await release.ended()
    await until(async () => Promise.resolve(expect(signal.aborted).toBe(true)), 15_000)
  })
})

describe('an observer that fails', () => {
  it('leaves the last that it knew to the next attempt, however short before it was said', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('observe', (call) => {
      for (const looks of [1, 2, 3]) call.heartbeat({ looks })
      throw new Error('the API server answered 503')
    })
    await release.want()
    expect((await release.called('observe', 2)).remembered).toEqual({ looks: 3 })
    expect((await release.ended()).ended?.result).toBe('Promoted')
  })
})

describe('an action that fails for good', () => {
  const mistake = () => {
    throw ApplicationFailure.nonRetryable('a mistake of the program')
  }

  it.for(['prepare', 'raise', 'observe', 'promote'] as const)(
    'as %s takes the release back',
    async (action) => {
      const release = stage.release({ plan: QUICK })
      release.once(action, mistake)
      await release.want()
      const state = await release.ended()
      expect(release.callsOf('lower')).toHaveLength(1)
      expect(state.ended?.reason).toBe('ActionFailed: a mistake of the program')
    },
  )

  it.for(['preflight', 'lower', 'clean', 'forget', 'retire'] as const)(
    'as %s is begun anew',
    async (action) => {
      const release = stage.release({ plan: QUICK })
      release.once(action, mistake)
      if (action !== 'retire') release.on('observe', untilStopped)
      await release.want()
      if (action !== 'retire') {
        await release.called('observe')
        await release.want({ deleting: true })
      }
      await release.ended()
      expect(release.callsOf(action)).toHaveLength(2)
    },
  )
})

describe('somebody who meddles with the workflow', () => {
  it('finds that a release with nothing in the cluster goes on when it is cancelled', async () => {
    const release = stage.release({ plan: QUICK })
    const held = new Held()
    release.once('preflight', held.answer)
    await release.want()
    await release.called('preflight')
    await release.handle().cancel()
    held.give({ type: 'Unneeded', floor: 0 })
    expect((await release.ended()).phase).toBe('Done')
  })

  it('finds that a promoted release is retired all the same when it is cancelled', async () => {
    const release = stage.release({ plan: aPlan({ retireAfterMs: 1_000 }) })
    await release.want()
    await release.reaches('Retaining')
    await release.handle().cancel()
    expect((await release.ended()).ended?.result).toBe('Promoted')
    expect(release.callsOf('retire')).toHaveLength(1)
  })

  it('finds a terminated release begun anew at the next delivery, above all earlier sequences', async () => {
    const release = stage.release({ plan: QUICK })
    release.once('observe', untilStopped)
    await release.want()
    const { state } = await release.called('observe')
    await release.handle().terminate('by a test')
    const [stable, canary] = [state.stable!, state.canary!]
    release.once('preflight', () => ({ type: 'Leftover', floor: state.seq, stable, canary }))
    await release.want()
    expect((await release.called('lower')).state.seq).toBeGreaterThan(state.seq)
    expect((await release.ended()).ended?.result).toBe('Promoted')
  })

  it('is told that there is no such workflow when the Rollout is idle', async () => {
    const release = stage.release()
    await expect(release.state()).rejects.toThrow(WorkflowNotFoundError)
  })
})

describe('a worker that goes', () => {
  it('hands its observers over with what they know, and no step begins anew', async () => {
    const own = await Stage.open(inject('temporal'))
    const first = await own.work()
    const release = own.release({ plan: QUICK })
    release.once('observe', (call) => {
      const remembered = { evidence: afterLook(call.state) }
      call.heartbeat(remembered)
      return untilStopped({ ...call, remembered })
    })
    await release.want()
    const { state } = await release.called('observe')
    const gone = first.stop()
    await own.work()
    const again = await release.called('observe', 2)
    expect(again.attempt).toBe(2)
    expect(again.remembered).toEqual({ evidence: afterLook(state) })
    expect(again.state.stepStartedAt).toBe(state.stepStartedAt)
    expect(again.state.seq).toBe(state.seq)
    await gone
    expect((await release.ended()).ended?.result).toBe('Promoted')
    await own.close()
  })
})

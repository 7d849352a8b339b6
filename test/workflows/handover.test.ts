import { expect, inject, it } from 'vitest'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Held, untilStopped } from './kit/answers.ts'
import { Stage } from './kit/stage.ts'

/** So often that the pauses between tries of an activity that fails would have grown long. */
const HANDOVERS = 6
/** Within this time another worker observes (milliseconds). */
const WITHIN_MS = 5_000

it('a worker that stops hands its observer over at once, with what it knew, however often before', async () => {
  const stage = await Stage.open(inject('temporal'))
  const release = stage.release({ plan: QUICK })
  for (let known = 1; known <= HANDOVERS; known++) {
    release.once('observe', async (call) => {
      call.heartbeat({ known })
      // The server hears the first at once, and of the next only after a while.
      call.heartbeat({ known, more: true })
      return untilStopped({ ...call, remembered: { known, more: true } })
    })
  }
  let crew = await stage.work()
  await release.want()
  let slowest = 0
  for (let known = 1; known <= HANDOVERS; known++) {
    await release.called('observe', known)
    await crew.stop()
    crew = await stage.work()
    const since = performance.now()
    const { remembered, attempt } = await release.called('observe', known + 1)
    slowest = Math.max(slowest, performance.now() - since)
    expect(remembered).toEqual({ known, more: true })
    expect(attempt).toBe(known + 1)
  }
  expect(slowest).toBeLessThan(WITHIN_MS)
  await release.ended()
  expect(release.users).toBe('v2')
  await stage.close()
})

it('a worker that stops does not wait for an observer that hangs', async () => {
  const stage = await Stage.open(inject('temporal'))
  const release = stage.release({ plan: QUICK })
  const hanging = new Held()
  release.once('observe', hanging.answer)
  const crew = await stage.work()
  await release.want()
  await release.called('observe')
  await crew.stop()
  await stage.work()
  const { attempt } = await release.called('observe', 2)
  expect(attempt).toBe(2)
  hanging.give({ type: 'Failed', reason: 'MetricFailed', message: 'too late' })
  await release.ended()
  expect(release.users).toBe('v2')
  await stage.close()
})

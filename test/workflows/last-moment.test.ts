import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Workers } from '../../src/adapters/temporal/workers.ts'
import { ACTING_QUEUE, OBSERVING_QUEUE } from '../../src/api/names.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { ACTING, OBSERVING } from './kit/call.ts'
import type { Release } from './kit/release.ts'
import { Stage } from './kit/stage.ts'

/** What is done once, before the next answer of the acting worker is sent. */
let before: (() => Promise<void>) | undefined

/** Payloads stay as they are; to encode them is the last thing that a worker does before it sends its answer. */
const codec = {
  encode: async <T>(payloads: T): Promise<T> => {
    const act = before
    before = undefined
    await act?.()
    return payloads
  },
  decode: async <T>(payloads: T): Promise<T> => Promise.resolve(payloads),
}

async function interruptible(stage: Stage): Promise<Workers> {
  const common = { connection: stage.connection, namespace: stage.namespace }
  const acting = await Worker.create({
    ...common,
    taskQueue: ACTING_QUEUE,
    workflowBundle: stage.bundle,
    activities: stage.activities(ACTING),
    dataConverter: { payloadCodecs: [codec] },
  })
  const activities = stage.activities(OBSERVING)
  return { acting, observing: await Worker.create({ ...common, taskQueue: OBSERVING_QUEUE, activities }) }
}

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open(inject('temporal'))
  await stage.work(interruptible)
})

afterAll(async () => stage.close())

/** How often the server did not take an answer, because something had happened meanwhile. */
async function refusedAnswers(release: Release): Promise<number> {
  const histories = await Promise.all(release.runs().map(async (id) => release.handle(id).fetchHistory()))
  return histories
    .flatMap(({ events }) => events ?? [])
    .filter((event) => event.workflowTaskFailedEventAttributes).length
}

/** Something is wanted after the workflow decided what follows on the end of its release, before the server knows it. */
function atTheEnd(release: Release, want: () => Promise<void>): void {
  release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
  release.once('clean', () => {
    before = want
    return { type: 'Cleaned' }
  })
}

const versionsRaised = (release: Release) =>
  new Set(release.callsOf('raise').map(({ state }) => state.version))

// Both interrupt the same worker.
describe('what is wanted at the last moment', { concurrent: false }, () => {
  it('is not lost when the workflow was about to end', async () => {
    const release = stage.release({ plan: QUICK })
    atTheEnd(release, async () => release.want({ version: 'v3', templateHash: 'template-3' }))
    await release.want()
    await release.called('retire')
    expect((await release.ended()).ended).toMatchObject({ to: 'v3', result: 'Promoted' })
    expect(versionsRaised(release)).toEqual(new Set(['v2', 'v3']))
    expect(await refusedAnswers(release)).toBe(1)
  })

  it('is not lost when the workflow was about to continue as new', async () => {
    const release = stage.release({ plan: QUICK })
    atTheEnd(release, async () => release.want({ version: 'v4', templateHash: 'template-4' }))
    // The release of v2 fails and v3 is to follow, until v4 is wanted instead.
    release.once('lower', async () => {
      await release.want({ version: 'v3', templateHash: 'template-3' })
      return { type: 'Lowered' }
    })
    await release.want()
    await release.called('retire')
    expect((await release.ended()).ended).toMatchObject({ to: 'v4', result: 'Promoted' })
    expect(versionsRaised(release)).toEqual(new Set(['v2', 'v4']))
    expect(await refusedAnswers(release)).toBe(1)
  })
})

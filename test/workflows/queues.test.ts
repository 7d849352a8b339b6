import { Worker } from '@temporalio/worker'
import { expect, inject, it } from 'vitest'
import type { Workers } from '../../src/adapters/temporal/workers.ts'
import { ACTING_QUEUE, OBSERVING_QUEUE } from '../../src/api/names.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { Held } from './kit/answers.ts'
import { ACTING, OBSERVING } from './kit/call.ts'
import { Stage } from './kit/stage.ts'

/** As in production, but for room for one observer only. */
async function oneObserver(stage: Stage): Promise<Workers> {
  const common = { connection: stage.connection, namespace: stage.namespace }
  const acting = await Worker.create({
    ...common,
    taskQueue: ACTING_QUEUE,
    workflowBundle: stage.bundle,
    activities: stage.activities(ACTING),
  })
  const observing = await Worker.create({
    ...common,
    taskQueue: OBSERVING_QUEUE,
    activities: stage.activities(OBSERVING),
    maxConcurrentActivityTaskExecutions: 1,
  })
  return { acting, observing }
}

it('weight is lowered although observers have taken every slot', async () => {
  const stage = await Stage.open(inject('temporal'))
  await stage.work(oneObserver)
  const release = stage.release({ plan: QUICK })
  const other = stage.release({ plan: QUICK })
  const observer = new Held()
  release.once('observe', observer.answer)
  await release.want()
  await release.called('observe')
  await other.want()
  await other.reaches('Preparing')
  await release.want({ version: 'v1', templateHash: 'template-0' })
  await release.called('lower')
  expect(other.callsOf('prepare')).toEqual([])
  observer.give({ type: 'Failed', reason: 'MetricFailed', message: 'too late' })
  await Promise.all([release.ended(), other.ended()])
  expect(other.users).toBe('v2')
  await stage.close()
})

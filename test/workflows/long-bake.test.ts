import { Context } from '@temporalio/activity'
import { expect, inject, it } from 'vitest'
import { durationMs } from '../../src/api/quantities.ts'
import { actingActivities, observingActivities } from '../../src/activities/index.ts'
import { createWorkers } from '../../src/adapters/temporal/workers.ts'
import { ROLLOUT, aPlan } from '../core/shop.ts'
import { SUGGEST_CONTINUE_AT } from './kit/server.ts'
import { Shop } from './kit/shop.ts'
import { Stage } from './kit/stage.ts'

const WEEK_MS = durationMs('168h')
const INTERVAL_MS = 120_000
/** Each pass of an observer is a look. */
const HASTE = INTERVAL_MS / 1_000
const PLAN = aPlan({
  intervalMs: INTERVAL_MS,
  warmupMs: 0,
  steps: [
    { weight: 50, holdMs: 0 },
    { weight: 100, holdMs: WEEK_MS },
  ],
  retireAfterMs: 0,
})
/** An observer hands over to itself twice a day; each time an activity, its result and the workflow's tasks. */
const MOST_EVENTS_A_DAY = 40

const LONG = { timeout: 300_000 }

it('a bake of a week leaves few events a day, in executions of bounded length', LONG, async (context) => {
  const shop = new Shop()
  shop.haste = HASTE
  const ports = shop.ports()
  const runs = new Set<string>()
  const stage = await Stage.open(inject('temporal'))
  context.onTestFinished(async () => stage.close())
  const observing = observingActivities({
    ...ports,
    changes: {
      next: async (...asked) => {
        runs.add(Context.current().info.workflowExecution?.runId ?? '')
        return ports.changes.next(...asked)
      },
    },
  })
  await stage.work(async ({ connection, namespace, bundle }) =>
    createWorkers(connection, namespace, { bundle, acting: actingActivities(ports), observing }),
  )
  const release = stage.release({ plan: PLAN, templateHash: shop.templateHash() }, ROLLOUT)
  const begunAt = shop.now
  await release.want()
  const end = await release.ended()
  expect(end.ended?.result).toBe('Promoted')
  const days = (shop.now - begunAt) / durationMs('24h')
  expect(days).toBeGreaterThanOrEqual(7)

  const lengths = await Promise.all(
    [...runs].map(async (id) => (await release.handle(id).describe()).historyLength),
  )
  const total = lengths.reduce((sum, length) => sum + length, 0)
  console.log(
    `${days.toFixed(1)} days: ${total} events in ${lengths.length} executions of at most ${Math.max(...lengths)}`,
  )
  expect(total / days).toBeLessThan(MOST_EVENTS_A_DAY)
  expect(Math.max(...lengths)).toBeLessThan(SUGGEST_CONTINUE_AT + 50)
})

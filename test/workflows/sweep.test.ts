import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { ScheduleNotFoundError } from '@temporalio/client'
import { expect, inject, it } from 'vitest'
import { until } from '../../sandbox/until.ts'
import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { scheduleSweep } from '../../src/adapters/temporal/sweep-schedule.ts'
import { createWorkers } from '../../src/adapters/temporal/workers.ts'
import { sweepId } from '../../src/api/names.ts'
import { Stage } from './kit/stage.ts'

const HOUR_MS = 3_600_000
const PATIENCE_MS = 30_000

/** A stage on which sweeps are counted, and what each was handed. */
async function sweepingStage() {
  const stage = await Stage.open(inject('temporal'))
  const handed: unknown[] = []
  let failures = 0
  const sweep = async (before: unknown) => {
    if (failures > 0) {
      failures--
      throw new Error('the sweep fails, for a test')
    }
    handed.push(before)
    return { [`fault-${handed.length}`]: [handed.length] }
  }
  await stage.work(async () =>
    createWorkers(stage.connection, stage.namespace, {
      bundle: stage.bundle,
      acting: { sweep },
      observing: { sweep },
    }),
  )
  const schedule = stage.client.schedule.getHandle(sweepId('test'))
  const swept = async (times: number) => until(async () => expect(handed).toHaveLength(times), PATIENCE_MS)
  /** The schedule knows that so many sweeps are over. */
  const settled = async (times: number) =>
    until(async () => {
      const { info } = await schedule.describe()
      expect(info.recentActions).toHaveLength(times)
      expect(info.runningActions).toEqual([])
    }, PATIENCE_MS)
  const fail = (times: number) => {
    failures = times
  }
  return { stage, schedule, handed, swept, settled, fail }
}

it('a sweep runs at the start, and each is handed what the last one that succeeded returned', async () => {
  const { stage, handed, swept, settled, fail } = await sweepingStage()
  for (const times of [1, 2]) {
    await scheduleSweep(stage.client, 'test', HOUR_MS)
    await swept(times)
    await settled(times)
  }
  // All attempts of one sweep.
  fail(3)
  await scheduleSweep(stage.client, 'test', HOUR_MS)
  await until(async () => {
    const { count } = await stage.client.workflow.count('ExecutionStatus = "Failed"')
    expect(count).toBe(1)
  }, PATIENCE_MS)
  await settled(3)
  await scheduleSweep(stage.client, 'test', HOUR_MS)
  await swept(3)
  expect(handed).toEqual([undefined, { 'fault-1': [1] }, { 'fault-2': [2] }])
  await stage.close()
})

it('any number of processes may arrange it at once: there is one schedule, with the interval that was said last', async () => {
  const { stage, schedule, handed } = await sweepingStage()
  await Promise.all([1, 2, 3, 4].map(async () => scheduleSweep(stage.client, 'test', HOUR_MS)))
  await scheduleSweep(stage.client, 'test', 2 * HOUR_MS)
  const { spec, action, policies } = await schedule.describe()
  expect(spec.intervals).toMatchObject([{ every: 2 * HOUR_MS }])
  expect(action).toMatchObject({ workflowType: 'sweep', taskQueue: 'sluice' })
  expect(policies.overlap).toBe('SKIP')
  await until(async () => expect(handed.length).toBeGreaterThan(0), PATIENCE_MS)
  await stage.close()
})

it('the schedule makes sweeps by itself', async () => {
  const { stage, handed } = await sweepingStage()
  await scheduleSweep(stage.client, 'test', 1_000)
  await until(async () => expect(handed.length).toBeGreaterThan(2), PATIENCE_MS)
  expect(handed.at(2)).toEqual({ 'fault-2': [2] })
  await stage.close()
})

it('an interval of 0 ends it, also where there was none, and a pause by hand outlives restarts', async () => {
  const { stage, schedule } = await sweepingStage()
  await scheduleSweep(stage.client, 'test', HOUR_MS)
  await schedule.pause('a person says so')
  await scheduleSweep(stage.client, 'test', 2 * HOUR_MS)
  expect((await schedule.describe()).state.paused).toBe(true)
  for (let times = 0; times < 2; times++) await scheduleSweep(stage.client, 'test', 0)
  await expect(schedule.describe()).rejects.toThrow(ScheduleNotFoundError)
  await stage.close()
})

it('where Temporal is away it says so', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const client = temporalClient({ address: `127.0.0.1:${port}`, namespace: 'default' })
  await expect(scheduleSweep(client, 'test', HOUR_MS)).rejects.toThrow(/refused|does not answer/)
  await client.connection.close()
})

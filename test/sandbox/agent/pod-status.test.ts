import type { V1PodStatus } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { planPod, Refusal } from '../../../sandbox/agent/pod-plan.ts'
import type { PodPlan } from '../../../sandbox/agent/pod-plan.ts'
import { CREATING, refusedStatus, restartDelay, runningStatus } from '../../../sandbox/agent/pod-status.ts'
import { demoPod } from './pods.ts'

const plan = planPod(demoPod()) as PodPlan
const condition = (status: V1PodStatus, type: string) => status.conditions?.find((each) => each.type === type)
const running = { ...CREATING, state: { running: { startedAt: new Date(0) } } }

test('a pod whose process has not begun is Pending, scheduled and not ready', () => {
  const status = runningStatus(plan, CREATING)
  expect(status.phase).toBe('Pending')
  expect(condition(status, 'PodScheduled')?.status).toBe('True')
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'ContainersNotReady' })
  expect(status.containerStatuses?.[0]).toMatchObject({ ready: false, started: false, restartCount: 0 })
})

test('a ready pod is Running with every condition True', () => {
  const status = runningStatus(plan, { ...running, ready: true })
  expect(status.phase).toBe('Running')
  expect(status.conditions?.map((each) => each.status)).toEqual(['True', 'True', 'True', 'True'])
  expect(status.podIP).toBeUndefined()
})

test('a crash loop shows the exit code of the last run and stays Running', () => {
  const last = { exitCode: 3, reason: 'Error' }
  const view = { state: { waiting: { reason: 'CrashLoopBackOff' } }, ready: false, restarts: 4, last }
  const status = runningStatus(plan, view)
  expect(status.phase).toBe('Running')
  expect(status.containerStatuses?.[0]).toMatchObject({
    restartCount: 4,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 3 } },
  })
})

test('the time of a transition changes only with its condition', () => {
  const then = new Date(0)
  const before = runningStatus(plan, running)
  const aged = structuredClone(before)
  aged.conditions?.forEach((each) => (each.lastTransitionTime = then))
  const after = runningStatus(plan, { ...running, ready: true }, aged)
  expect(condition(after, 'PodScheduled')?.lastTransitionTime).toEqual(then)
  expect(condition(after, 'Ready')?.lastTransitionTime).not.toEqual(then)
})

test('a pod that the sandbox does not run stays Pending and says why', () => {
  const status = refusedStatus(demoPod(), new Refusal('not possible'))
  expect(status).toMatchObject({ phase: 'Pending', message: 'not possible' })
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', message: 'not possible' })
  expect(status.containerStatuses?.[0]?.state?.waiting?.message).toBe('not possible')
})

test('restarts wait 1 s, then twice as long each time up to 30 s, and begin anew after a good minute', () => {
  const delays = [0, 0, 0, 0, 0, 0, 0].reduce<number[]>(
    (all) => [...all, restartDelay(all.at(-1) ?? 0, 10)],
    [],
  )
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  expect(restartDelay(30_000, 60_000)).toBe(1000)
})

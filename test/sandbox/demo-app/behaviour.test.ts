import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { behaviourOf } from '../../../sandbox/demo-app/behaviour.ts'
import type { Behaviour } from '../../../sandbox/demo-app/behaviour.ts'
import type { Settings } from '../../../sandbox/demo-app/settings.ts'
import { behave } from '../../../sandbox/kit/behaviour.ts'

const patience = { interval: 20 }
let state: string
let told: string[]
let behaviour: () => Settings

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'sluice-behaviour-'))
  told = []
  vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(text))
  const env = { PORT: '0', POD_NAME: 'reviews-1', ERROR_RATE: '0.001', LATENCY_MS: '20' }
  behaviour = behaviourOf({ ...env, BEHAVIOUR_FILE: join(state, 'behaviour', 'shop.json') })
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(state, { recursive: true })
})

const change = (to?: Behaviour) => behave({ state }, 'shop', to)
const errorRate = () => behaviour().ERROR_RATE

test('an app behaves as its environment says while there is no file', () => {
  expect(behaviour()).toMatchObject({ ERROR_RATE: 0.001, LATENCY_MS: 20 })
  expect(told).toEqual([])
})

test('an incident begins and ends while the app runs, and leaves what it does not name', async () => {
  change({ all: { ERROR_RATE: 0.3 } })
  await expect.poll(errorRate, patience).toBe(0.3)
  expect(behaviour().LATENCY_MS).toBe(20)
  change({ all: { ERROR_RATE: 0.4 } })
  await expect.poll(errorRate, patience).toBe(0.4)
  change()
  await expect.poll(errorRate, patience).toBe(0.001)
})

test('a single pod may differ, also during an incident', async () => {
  change({ all: { ERROR_RATE: 0.3, SLOW_MS: 5 }, pods: { 'reviews-2': { ERROR_RATE: 1 } } })
  await expect.poll(errorRate, patience).toBe(0.3)
  change({ all: { ERROR_RATE: 0.3, SLOW_MS: 5 }, pods: { 'reviews-1': { ERROR_RATE: 1 } } })
  await expect.poll(errorRate, patience).toBe(1)
  expect(behaviour().SLOW_MS).toBe(5)
})

test.each([
  ['no JSON', '{"all":', 'JSON'],
  ['a setting that may not change', '{"all": {"PORT": 80}}', 'PORT'],
  ['a value out of range', '{"all": {"ERROR_RATE": 2}}', 'ERROR_RATE is "2"; allowed: a number from 0 to 1'],
  ['an unknown field', '{"pod": {}}', 'pod'],
])('a file with %s changes nothing and is told once', async (_, text, reason) => {
  change({ all: { ERROR_RATE: 0.3 } })
  await expect.poll(errorRate, patience).toBe(0.3)
  writeFileSync(join(state, 'behaviour', 'shop.json'), text)
  await expect.poll(errorRate, patience).toBe(0.001)
  const laterLooks = performance.now() + 250
  await expect.poll(() => behaviour() && performance.now() > laterLooks, patience).toBe(true)
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('changes nothing')
  expect(told[0]).toContain(reason)
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { watchUsers } from '../../bench/availability/availability.ts'
import { CASES } from '../../bench/availability/cases.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Requests a second. */
const RATE = 200

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

it('users see no error but those of a bad version, whatever becomes of versions and pods', async () => {
  const { cases, foreign } = await watchUsers(workerSandbox(), RATE, () => undefined)
  expect(foreign.kinds).toEqual([])
  expect(cases.map(({ name, problem }) => ({ name, problem }))).toEqual(
    CASES.map(({ name }) => ({ name, problem: undefined })),
  )
  for (const { name, appErrors, requests } of cases) {
    expect(requests).toBeGreaterThan(RATE)
    expect(appErrors > 0).toBe(name === 'rollback')
  }
}, 600_000)

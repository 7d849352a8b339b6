import { afterAll, beforeAll, expect, it } from 'vitest'
import { soakText } from '../../bench/soak/report.ts'
import { soak } from '../../bench/soak/soak.ts'
import { down } from '../../sandbox/down.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { chosenSeed } from '../../sandbox/kit/chance.ts'
import { up } from '../../sandbox/up.ts'
import { newStateFolder } from '../../scripts/test/sandboxes.ts'

const RELEASES = 15

const state = newStateFolder()
let env: SandboxEnv

beforeAll(async () => {
  env = await up({ state })
})
afterAll(async () => down({ state }))

it('15 releases under kills, outages, foreign writes and deletions end in a legal state, and break no invariant', async () => {
  const seed = chosenSeed()
  process.stderr.write(`SLUICE_SEED=${seed}\n`)
  const report = await soak(env, { seed, releases: RELEASES }, () => undefined)
  process.stderr.write(`${soakText(report)}\n`)
  expect(report.problems).toEqual([])
  expect(report).toMatchObject({ seed, releases: RELEASES })
  // The checks had something to look at.
  expect(report.writes.sluice).toBeGreaterThan(5 * RELEASES)
  expect(report.writes.strangers).toBeGreaterThan(0)
}, 1_200_000)

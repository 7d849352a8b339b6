import { afterAll, beforeAll, expect, it } from 'vitest'
import { tableText } from '../../bench/benchmark.ts'
import { wavesOf } from '../../bench/faults/draw.ts'
import { faultsOutcome } from '../../bench/faults/faults.ts'
import { playWaves } from '../../bench/faults/waves.ts'
import { down } from '../../sandbox/down.ts'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { chosenSeed } from '../../sandbox/kit/chance.ts'
import { up } from '../../sandbox/up.ts'
import { newStateFolder } from '../../scripts/test/sandboxes.ts'

const PROBES = 15
/** Probes side by side. */
const MOST = 8

const state = newStateFolder()
let env: SandboxEnv

beforeAll(async () => {
  env = await up({ state })
})
afterAll(async () => down({ state }))

it('15 faults are gone when their time is over, whatever dies and whoever writes meanwhile', async () => {
  const seed = chosenSeed()
  process.stderr.write(`SLUICE_SEED=${seed}\n`)
  const results = await playWaves(env, wavesOf(seed, PROBES, MOST), () => undefined)
  const { tables, wrong } = faultsOutcome(seed, results)
  process.stderr.write(`${tables.map(tableText).join('\n')}\n`)
  expect(wrong).toEqual([])
  // Each had a fault to lose.
  expect(results.filter(({ overrunsMs }) => overrunsMs.length > 0)).toHaveLength(PROBES)
}, 900_000)

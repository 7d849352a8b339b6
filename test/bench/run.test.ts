import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Benchmark, Outcome } from '../../bench/benchmark.ts'
import { writeFigures } from '../../bench/figures.ts'
import { messageOf, runAll } from '../../bench/run.ts'
import { silent } from '../../sandbox/progress.ts'
import { temporaryFolder } from '../sandbox/temporary.ts'

const EXTENT = {
  runs: 1,
  releases: [1],
  most: 1,
  kills: 1,
  idleSeconds: 1,
  rate: 1,
  observed: [1],
  simulations: 1,
}
const main = join(import.meta.dirname, '../../bench/main.ts')

function outcome(value: number): Outcome {
  return { tables: [], figures: { value }, wrong: [] }
}

function benchmark(name: string, run: () => Promise<Outcome>): Benchmark {
  return { name, about: name, run }
}

/** Runs benchmarks that need no sandbox. */
async function measure(
  benchmarks: readonly Benchmark[],
  tell: Parameters<typeof runAll>[3] = () => undefined,
) {
  const ground = { state: '/nowhere', progress: silent, keep: false }
  return runAll(benchmarks, EXTENT, ground, tell)
}

function bench(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
}

describe('benchmarks', () => {
  it('go on after one that failed, which is wrong', async () => {
    const outcomes = await measure([
      benchmark('a', async () => outcome(1)),
      benchmark('b', () => Promise.reject(new Error('no pod became ready'))),
      benchmark('c', async () => outcome(3)),
    ])
    expect(Object.fromEntries(outcomes)).toEqual({
      a: outcome(1),
      b: { tables: [], figures: {}, wrong: ['no pod became ready'] },
      c: outcome(3),
    })
  })

  it('leave their figures in the file before the next begins', async () => {
    const file = join(temporaryFolder(), 'figures.json')
    const seen: unknown[] = []
    const see = async () => {
      seen.push(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined)
      return outcome(seen.length)
    }
    await measure([benchmark('a', see), benchmark('b', see)], (_, all) => writeFigures(file, all))
    expect(seen).toEqual([undefined, { machine: expect.anything(), a: { value: 1, wrong: [] } }])
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ a: { value: 1 }, b: { value: 2 } })
  })

  it('tell what failed even if that is many errors without a message', () => {
    const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}`))
    expect(messageOf(new AggregateError(refused))).toBe(
      'connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1',
    )
  })
})

describe('a call that is not allowed', () => {
  it.each([
    [
      ['--runs', '0'],
      "option '--runs <number>' argument '0' is invalid. Allowed: a whole number from 1 to 99999.",
    ],
    [
      ['--releases', '50,1'],
      "option '--releases <numbers>' argument '50,1' is invalid. Allowed: whole numbers that ascend, with commas, such as 1,50,200.",
    ],
    [
      ['nope'],
      "command-argument value 'nope' is invalid for argument 'name'. Allowed choices are reaction, footprint, release, availability, analysis, sampling, verdicts, guard, faults, sweep.",
    ],
    [
      ['analysis', '--json', '/nowhere/figures.json'],
      "option '--json <file>': ENOENT: no such file or directory, open '/nowhere/figures.json'. Allowed: a file that can be written.",
    ],
  ])('%j is refused in one line, before anything is measured', (args, problem) => {
    const { status, stdout, stderr } = bench(...args)
    expect(stderr).toBe(`error: ${problem}\n(--help tells what is allowed)\n`)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})

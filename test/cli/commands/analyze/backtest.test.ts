import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MetricsSource } from '../../../../src/ports.ts'
import { REVIEWS, V1, analyze, helpOf, prometheusOf } from '../../analyzing.ts'
import { writeIn } from '../../linting.ts'
import { SHOP, aRolloutFile, fileOf } from '../../shop.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-backtest-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const METRICS = [{ name: 'error-rate', istio: 'ErrorRate', max: '2%', vsStable: {} }]
const STEPS = [5, 20, 50, 100].map((weight) => ({ weight, hold: '2m' }))
const fileWith = async (analysis: object = {}) =>
  writeIn(
    folder,
    'a.yaml',
    fileOf(aRolloutFile({ steps: STEPS, analysis: { metrics: METRICS, ...analysis } }), ...SHOP),
  )
const tested = async (metrics: MetricsSource, ...args: readonly string[]) =>
  analyze(['backtest', await fileWith(), '--since', '12h', ...args], metrics)

const V2 = { ...V1, version: 'v2', pods: ['v2-a', 'v2-b'] }
const none = { perSecond: 0 }

describe('sluice analyze backtest', () => {
  it('holds a version against itself, window after window', async () => {
    const world = await tested(prometheusOf([V1, 48]))
    expect(world.text).toMatch(/^shop\/reviews {2}12h since 2026-05-06 00:00 UTC\n/)
    const windows = /The same against itself \(v1, pods apart\): (\d+) windows/.exec(world.text)
    expect(Number(windows?.[1])).toBeGreaterThan(10)
    expect(world.text).toMatch(/\n {2}passed +\d+ +100 %; usually in \d+m\S*, the longest in \d+m/)
    expect(world.text).toMatch(/\n {2}rolled back +0 +0 %; at most 1 % is promised/)
    expect(world.text).toContain('Past releases: none')
    expect(world.exitCode).toBeUndefined()
  })

  it('finds past releases, and says when each would have been decided', async () => {
    const bad = { ...V2, errors: 0.08, perSecond: 4 }
    const good = { ...V2, version: 'v3', pods: ['v3-a', 'v3-b'], perSecond: 6 }
    const past = prometheusOf(
      [V1, 48],
      [bad, 8],
      [{ ...V2, ...none }, 7.8],
      [good, 4],
      [{ ...V1, ...none }, 2.5],
      [{ ...good, perSecond: 20 }, 2.5],
    )
    const { text } = await tested(past)
    expect(text).toContain('Past releases: 2')
    expect(text).toMatch(/2026-05-06 04:00 UTC {2}v1 → v2 {2}rolled back at 5 % after \d+m/)
    expect(text).toMatch(/error-rate: canary [\d,]+ of [\d,]+ requests failed/)
    expect(text).toMatch(/2026-05-06 08:00 UTC {2}v1 → v3 {2}passed after/)
    expect(text).toMatch(/passed 5 % in \d+m\S*, 20 % in \d+m\S*, 50 % in \d+m\S*, 100 % in/)
  })

  it('says which metrics of the user’s own are not replayed, and replays the others', async () => {
    const own = { name: 'conversion', query: 'vector(1)', min: '0.02' }
    const counts = { name: 'orders', counts: { bad: 'a_total', total: 'b_total' }, max: '1%' }
    const both = await fileWith({ metrics: [...METRICS, own, counts] })
    const past = prometheusOf([V1, 48])
    const { text } = await analyze(['backtest', both, '--since', '6h'], past)
    expect(text).toContain(
      "\nconversion (query), orders (counts) are not replayed: only Istio's metrics are. What follows is without a word from them\n",
    )
    expect(text).toMatch(/\n {2}passed +\d+ +100 %/)
    const { text: json } = await analyze(['backtest', both, '--since', '2h', '-o', 'json'], past)
    expect(JSON.parse(json)).toMatchObject({ rollouts: [{ notReplayed: [{ name: 'conversion' }, {}] }] })
    const alone = await fileWith({ metrics: [counts] })
    await expect(analyze(['backtest', alone, '--since', '2h'], past)).rejects.toThrow(
      'none of its metrics can be replayed: orders (counts) is its own',
    )
  })

  it('says where a past release was over before a verdict', async () => {
    const { text } = await tested(prometheusOf([V1, 48], [V2, 6], [{ ...V1, ...none }, 5.97]))
    expect(text).toMatch(/v1 → v2 {2}over too soon at 20 % after 2m\n {4}passed 5 % in 2m\n/)
  })

  it('is undecided with little traffic, and says at which step', async () => {
    const world = await tested(prometheusOf([{ ...V1, perSecond: 0.05 }, 48]))
    expect(world.text).toMatch(/undecided +\d+ +100 %; \d+ at 5 %/)
    expect(world.exitCode).toBeUndefined()
  })

  it('says where a version cannot be taken apart', async () => {
    const { pods: _pods, ...flow } = V1
    const world = await tested(prometheusOf([flow, 48]))
    expect(world.text).toContain('v1 cannot be held against itself')
  })

  it('says that the time is too short, and how much there is', async () => {
    const { text, notes } = await tested(prometheusOf([V1, 0.045]))
    expect(text).toContain('shop/reviews  2m')
    expect(text).toContain('The same against itself: the time is too short for a release')
    expect(notes.filter((note) => /replayed 1[1-9]\d %/.test(note))).toEqual([])
  })

  it('fails where false alarms are more than promised', async () => {
    const world = await tested(uneven())
    expect(world.text).toMatch(/rolled back +[1-9]\d* +[\d.]+ %; at most 1 % is promised/)
    expect(world.text).toMatch(/ v1 {2}rolled back at \d+ % after/)
    expect(world.exitCode).toBe(1)
  })

  it('tells how far it is', async () => {
    const { notes } = await tested(prometheusOf([V1, 48]))
    expect(notes[0]).toBe(`reading ${REVIEWS} from http://prometheus`)
    expect(notes).toContain('shop/reviews: searched 100 %')
    expect(notes).toContain('shop/reviews: replayed 50 %')
    expect(notes.length).toBeLessThan(30)
  })

  it('gives all of it to programs', async () => {
    const world = await tested(prometheusOf([V1, 48], [V2, 2]), '-o', 'json')
    const [only] = (JSON.parse(world.text) as { rollouts: Record<string, Record<string, unknown>[]>[] })
      .rollouts
    expect(only?.['itself']?.[0]).toMatchObject({
      version: 'v1',
      by: 'Destination',
      ending: 'Passed',
      weight: 100,
    })
    expect(only?.['releases']?.[0]).toMatchObject({ stable: 'v1', canary: 'v2', ending: 'Passed' })
    expect(only?.['itself']?.[0]?.['passed']).toHaveLength(4)
  })

  it('takes days, hours and minutes, and nothing else', async () => {
    const file = await fileWith()
    for (const since of ['14', '0d', '-1d', '1.5d', '', '2w'])
      await expect(analyze(['backtest', file, '--since', since], prometheusOf())).rejects.toThrow(
        'must be a time such as 14d',
      )
    const since = async (text: string) =>
      (await analyze(['backtest', file, '--since', text], prometheusOf([V1, 48]))).text
    expect(await since('1h30m')).toContain('1h30m since')
    expect(await since('1d1h')).toContain('25h since')
  })

  it('says that Prometheus knows nothing of the service', async () => {
    await expect(tested(prometheusOf())).rejects.toThrow(`has no request to ${REVIEWS} in the last 12h`)
  })

  it('documents its exit codes', () => {
    expect(helpOf('backtest')).toContain('1  there were more of them')
  })
})

/** One pod is broken for ten minutes in each hour, and sound before. */
function uneven(): MetricsSource {
  const source = prometheusOf([V1, 48])
  const change = (at: number, value: number, pod = '') => {
    const hour = Math.floor(at / 3_600_000)
    const broken = Math.min(600_000, Math.max(0, at - hour * 3_600_000 - 1_800_000)) + (hour % 1000) * 600_000
    return pod === 'v1-a' ? value + Math.floor(broken / 1000) : value
  }
  return {
    latencies: async (query) => source.latencies(query),
    requests: async (query) => {
      const series = await source.requests(query)
      return series.map((one) =>
        one.code === '503'
          ? { ...one, samples: one.samples.map(([at, value]) => [at, change(at, value, one.pod)] as const) }
          : one,
      )
    },
  }
}

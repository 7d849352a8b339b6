import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Flow } from '../../../fakes/metrics-source.ts'
import { REVIEWS, V1, analyze, helpOf, prometheusOf } from '../../analyzing.ts'
import { writeIn } from '../../linting.ts'
import { fakeReader } from '../../reader.ts'
import { ROUTE, RULE, SHOP, aDeployment, aRolloutFile, fileOf } from '../../shop.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-plan-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const ERRORS = { name: 'error-rate', istio: 'ErrorRate', max: '1%', vsStable: {} }
const P99 = { name: 'p99', istio: 'Latency', percentile: 99, max: '400ms', vsStable: {} }
const STEPS = [5, 20, 50, 100].map((weight) => ({ weight, hold: '5m' }))
const specOf = (...metrics: readonly object[]) => ({ steps: STEPS, analysis: { metrics } })
const fileWith = async (spec: object = specOf(ERRORS), others: readonly object[] = SHOP) =>
  writeIn(folder, 'a.yaml', fileOf(aRolloutFile(spec), ...others))
const SLOW: Flow = { ...V1, slow: 0.004, slowMs: 900 }

describe('sluice analyze plan', () => {
  it('says how much traffic and time each step needs, and what it finds', async () => {
    const world = await analyze(['plan', await fileWith()], prometheusOf([V1, 48]))
    const lines = world.text.split('\n')
    expect(lines[0]).toBe('shop/reviews  v1 → v2  5 → 20 → 50 → 100 %')
    expect(world.text).toContain(`${REVIEWS} over 24h: usually 20 requests/s`)
    expect(world.text).toMatch(/METRIC +BAD +v1 \(4 pods\) +BURSTS +COUNTED BY/)
    expect(world.text).toMatch(/error-rate +failed +0\.1 % +φ 1 +pods/)
    expect(world.text).toMatch(/STEP +CANARY REQUESTS +USUALLY +QUIETEST HOUR +BUSIEST HOUR/)
    expect(world.text).toMatch(/\n5 % +[34]\d\d \(error-rate\) +\d+m(\d+s)? /)
    expect(world.text).toMatch(/\nall +\d+m/)
    expect(world.text).toMatch(
      /5 %: error-rate: [\d.]+ % bad against 0\.1 % is found in about \d+m\S*; below [\d.]+ % nothing is within 35m; a dead canary in 1m/,
    )
    expect(world.text).toContain('✔ each step is decided in time at the usual rate')
    expect(world.exitCode).toBeUndefined()
  })

  it('offers a larger first weight, and a longer patience, where the traffic is too small', async () => {
    const world = await analyze(['plan', await fileWith()], prometheusOf([{ ...V1, perSecond: 2.5 }, 48]))
    const slow =
      /spec\.steps\[0\]: 5 % takes (\d+h)?\d+m at the usual 2\.5 requests\/s, and waits 35m at most; a first weight of (\d+) % would do, or a patience of \S+ would do/
    expect(Number(slow.exec(world.text)?.[2])).toBeGreaterThan(5)
    expect(world.text).toMatch(/✘ \d of 4 steps ha(s|ve) no verdict in time/)
    expect(world.exitCode).toBe(1)
  })

  it('says that the Prometheus of a Rollout is not read, and how to name it', async () => {
    const prometheus = { url: 'https://mimir.example.com', secretRef: { name: 'mimir' } }
    const { analysis, ...rest } = specOf(ERRORS)
    const file = await fileWith({ ...rest, analysis: { ...analysis, prometheus } })
    const world = await analyze(['plan', file], prometheusOf([V1, 48]))
    expect(world.notes.join('\n')).toContain(
      'shop/reviews: spec.analysis.prometheus is not read here; give its URL by --prometheus',
    )
    expect((await analyze(['plan', await fileWith()], prometheusOf([V1, 48]))).notes.join()).not.toContain(
      'spec.analysis.prometheus',
    )
  })

  it('warns of the quietest hour', async () => {
    const quiet = prometheusOf([V1, 48], [{ ...V1, perSecond: 1 }, 6], [V1, 5])
    const { text, exitCode } = await analyze(['plan', await fileWith()], quiet)
    expect(text).toContain('1 requests/s in the quietest hour (from 06:00 UTC)')
    expect(text).toContain('! in the quietest hour (06:00 UTC) 5 %')
    expect(exitCode).toBeUndefined()
  })

  it('says which histogram boundaries to add', async () => {
    const { text } = await analyze(['plan', await fileWith(specOf(ERRORS, P99))], prometheusOf([SLOW, 48]))
    expect(text).toContain('p99: max is 400ms, and the histogram has no boundary there')
    expect(text).toContain(
      'sidecar.istio.io/statsHistogramBuckets: \'{"istiocustom.istio_request_duration_milliseconds":[5,10,25,50,100,250,400,500',
    )
  })

  it('says what is not known: pods, and how much of the day', async () => {
    const { pods: _pods, ...nameless } = V1
    const { text } = await analyze(['plan', await fileWith()], prometheusOf([nameless, 5.5]))
    expect(text).toContain('Prometheus knows 5h30m of the last 24h')
    expect(text).toContain("! no metrics of v1's own proxies")
    expect(text).toMatch(/error-rate +failed +0\.1 % +φ 1\.5 +callers/)
  })

  it('says that a limit is below what stable does already', async () => {
    const limit = { name: 'error-rate', istio: 'ErrorRate', max: '0.05%' }
    const world = await analyze(['plan', await fileWith(specOf(limit))], prometheusOf([V1, 48]))
    expect(world.text).toContain('5 %: error-rate never passes: v1 itself has 0.1 %')
    expect(world.exitCode).toBe(1)
  })

  it('says of each metric of the user’s own that it is not forecast, and forecasts the others', async () => {
    const own = [
      { name: 'conversion', query: 'vector(1)', min: '0.02' },
      { name: 'orders', counts: { bad: 'a_total', total: 'b_total' }, vsStable: {} },
      { name: 'survey', templateRef: { name: 'survey' }, min: '4' },
      { name: 'page', http: { url: 'http://a', jsonPath: '$' }, max: '3' },
    ]
    const file = await fileWith(specOf(ERRORS, ...own))
    const world = await analyze(['plan', file], prometheusOf([V1, 48]))
    for (const said of ['conversion (query)', 'orders (counts)', 'survey (templateRef)', 'page (http)'])
      expect(world.text).toContain(`! ${said} is not forecast: only Istio's metrics are.`)
    expect(world.text).toMatch(/\n5 % +[34]\d\d \(error-rate\) +\d+m(\d+s)? /)
    expect(world.text).not.toContain('never')
    expect(world.exitCode).toBeUndefined()
    const json = await analyze(['plan', file, '-o', 'json'], prometheusOf([V1, 48]))
    expect(JSON.parse(json.text)).toMatchObject({
      rollouts: [{ notForecast: [{ name: 'conversion', source: 'query' }, {}, {}, {}] }],
    })
  })

  it('gives all of it to programs', async () => {
    const file = await fileWith(specOf(ERRORS, P99))
    const world = await analyze(['plan', file, '-o', 'json'], prometheusOf([{ ...SLOW, perSecond: 2.5 }, 48]))
    const [only] = (JSON.parse(world.text) as { rollouts: Record<string, unknown>[] }).rollouts
    expect(only).toMatchObject({
      rollout: 'shop/reviews',
      host: REVIEWS,
      stable: 'v1',
      canary: 'v2',
      pods: 4,
    })
    expect(only?.['steps']).toHaveLength(4)
    expect(only?.['firstWeight']).toBeGreaterThan(5)
    expect(only?.['annotation']).toContain('400')
    expect(only?.['advice']).toContainEqual(expect.stringContaining('spec.steps[0]'))
    expect(world.exitCode).toBe(1)
  })

  it('keeps within the terminal where it writes sentences', async () => {
    const { text } = await analyze(['plan', await fileWith()], prometheusOf([V1, 48]), { columns: 80 })
    const sentences = text.split('\n').filter((line) => !/ {3}/.test(line))
    expect(Math.max(...sentences.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('takes the version with the most requests for stable where nothing else tells', async () => {
    const file = await fileWith(specOf(ERRORS), [])
    const others = prometheusOf([V1, 48], [{ ...V1, version: 'v0', perSecond: 1, pods: ['v0-a'] }, 48])
    expect((await analyze(['plan', file], others)).text).toContain('shop/reviews  v1 → v2')
    expect((await analyze(['plan', file, '--from', 'v0'], others)).text).toContain('shop/reviews  v0 → v2')
  })

  it('asks the Prometheus that was named, and says what it reads', async () => {
    const world = await analyze(
      ['plan', await fileWith(), '--prometheus', 'http://here:9090'],
      prometheusOf([V1, 48]),
    )
    expect(world.urls).toEqual(['http://here:9090'])
    expect(world.notes).toEqual([`reading the last 24h of ${REVIEWS} from http://here:9090`])
  })

  it('documents its exit codes and its environment', () => {
    expect(helpOf('plan')).toContain('SLUICE_PROMETHEUS_URL')
    expect(helpOf('plan')).toContain('3  it could not be planned')
  })
})

describe('sluice analyze plan refuses', () => {
  const error = async (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => 'none',
      (problem: unknown) => (problem as Error).message,
    )

  it('a Rollout that has no other metrics than its own', async () => {
    const file = await fileWith(specOf({ name: 'conversion', query: 'vector(1)', min: '0.02' }))
    expect(await error(analyze(['plan', file], prometheusOf([V1, 48])))).toBe(
      "shop/reviews: none of its metrics can be forecast: conversion (query) is its own, and only Istio's are known of the past; add one with istio: ErrorRate, ClientErrorRate, Latency or TrafficSplit",
    )
  })

  it('a Prometheus that does not answer, and says what to do', async () => {
    const source = prometheusOf([V1, 48])
    source.fail('ECONNREFUSED')
    expect(await error(analyze(['plan', await fileWith()], source))).toBe(
      'Prometheus at http://prometheus cannot be read: ECONNREFUSED; name another with --prometheus or SLUICE_PROMETHEUS_URL',
    )
  })

  it('a service that nobody has metrics of', async () => {
    const said = await error(analyze(['plan', await fileWith()], prometheusOf()))
    expect(said).toContain(`Prometheus at http://prometheus has no request to ${REVIEWS} in the last 24h`)
  })

  it('a Service that the cluster does not have', async () => {
    const objects = [ROUTE, RULE, aDeployment('v1')]
    const file = await fileWith(specOf(ERRORS), [])
    const run = analyze(['plan', file, '--cluster'], prometheusOf(), { reader: fakeReader(objects) })
    expect(await error(run)).toBe('shop/reviews: there is no Service reviews; correct spec.traffic.service')
  })

  it('a stable version that answered nothing', async () => {
    const file = await fileWith()
    const said = await error(analyze(['plan', file, '--from', 'v7'], prometheusOf([V1, 48])))
    expect(said).toContain('in the last day v7 answered no request; versions that did: v1')
  })

  it('requests that name no version', async () => {
    const said = await error(
      analyze(['plan', await fileWith(specOf(ERRORS), [])], prometheusOf([{ ...V1, version: '' }, 48])),
    )
    expect(said).toContain('names a version: label the pods with version')
  })

  it('a Rollout that is not valid, with the line', async () => {
    const world = await analyze(
      ['plan', await fileWith({ steps: [{ weight: 101 }] })],
      prometheusOf([V1, 48]),
    )
    expect(world.text).toMatch(/a\.yaml:\d+: shop\/reviews: spec\.steps\[0\]\.weight: must be/)
    expect(world.exitCode).toBe(1)
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { decidingScrape } from '../../bench/reaction/evidence.ts'
import { ProxyHistory, weightsIn } from '../../bench/reaction/proxy-history.ts'
import { divide } from '../../bench/reaction/reaction.ts'
import { timingOf } from '../../bench/reaction/timing.ts'
import type { Notes } from '../../bench/reaction/timing.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'

describe('the deciding scrape', () => {
  const judged = {
    version: 'v2',
    metrics: [{ name: 'error-rate', kind: 'ErrorRate' as const, limit: 0.01, max: '1%' }],
    weights: [5, 20, 50, 100],
    startedAt: 0,
    countFrom: 2000,
  }
  const counter = (code: string, values: readonly number[]): LabeledSeries => ({
    instance: 'gateway',
    version: 'v2',
    code,
    samples: values.map((value, index) => [index * 1000, value]),
  })

  it('is the first after which all that counts is enough for Fail', () => {
    // The errors before countFrom would be enough at 2 s.
    const requests = [counter('200', [0, 5, 10, 15, 20, 25]), counter('500', [0, 20, 40, 40, 41, 60])]
    expect(decidingScrape({ requests, latencies: [] }, judged)).toBe(5000)
  })

  it('does not exist for a good version', () => {
    const requests = [counter('200', [0, 50, 100, 150, 200, 250]), counter('500', [0, 0, 0, 0, 0, 0])]
    expect(decidingScrape({ requests, latencies: [] }, judged)).toBeUndefined()
  })
})

describe('weights in the proxy', () => {
  it('are the share of all versions but v1, by namespace', () => {
    const routes = [
      {
        route: {
          weighted_clusters: {
            clusters: [
              { name: 'outbound|9080|v1|reviews.a.svc.cluster.local', weight: 80 },
              { name: 'outbound|9080|v2-0abc|reviews.a.svc.cluster.local', weight: 20 },
            ],
          },
        },
      },
      { route: { cluster: 'outbound|9080|v1|reviews.b.svc.cluster.local' } },
    ]
    const dump = { configs: [{ route_config: { virtual_hosts: [{ routes }] } }] }
    expect([...weightsIn(dump)]).toEqual([
      ['a', 20],
      ['b', 0],
    ])
  })
})

describe('the times of a rollback', () => {
  const rollback = {
    namespace: 'shop',
    version: 'v2',
    askedAt: 1000,
    endedAt: 9000,
    startedAt: 1100,
    raisedAt: 2000,
    wrong: [],
  }
  const write = (answeredAt: number) => ({
    user: 'sluice',
    verb: 'update',
    resource: 'virtualservices',
    namespace: 'shop',
    isDryRun: false,
    code: 200,
    answeredAt,
  })
  const notes: Notes = {
    writes: [write(500), write(1500), write(2000), write(4050)],
    routes: [0, 0, 20, 0].map((weight, index) => ({ weight, resourceVersion: String(index) })),
    proxy: [
      { at: 100, weight: 0 },
      { at: 2150, weight: 20 },
      { at: 4300, weight: 0 },
    ],
    log: [{ at: 4060, message: 'weight 0 written', afterMs: 60 }],
    evidenceAt: 3500,
  }

  it('come from audit log, proxy, Prometheus and log together', () => {
    expect(timingOf(rollback, notes)).toEqual({
      evidenceToWrite: 550,
      evidenceToLook: 500,
      lookToWrite: 50,
      own: 60,
      raiseToProxy: 150,
      lowerToProxy: 250,
    })
  })

  it('are refused when writes and states cannot be told apart', () => {
    expect(() => timingOf(rollback, { ...notes, routes: notes.routes.slice(1) })).toThrow('4 writes')
  })

  it.each<[string, Partial<Notes>]>([
    ['the write of weight 0', { writes: notes.writes.slice(0, 3), routes: notes.routes.slice(0, 3) }],
    ['enough evidence', { evidenceAt: undefined }],
    ['weight 0 in the proxy', { proxy: notes.proxy.slice(0, 2) }],
    ["Sluice's log", { log: [] }],
  ])('are refused without %s', (missing, change) => {
    expect(() => timingOf(rollback, { ...notes, ...change })).toThrow(missing)
  })
})

describe('rollbacks', () => {
  it.each([
    [30, [6, 6, 6, 6, 6]],
    [7, [2, 2, 1, 1, 1]],
    [3, [1, 1, 1]],
  ])('%i are divided among shops', (runs, groups) => {
    expect(divide(runs, 5)).toEqual(groups)
  })
})

describe('the history of a proxy', () => {
  it('that fails tells so when it is stopped, and not before by ending the program', async () => {
    const server = createServer((_, response) => {
      response.writeHead(503, { connection: 'close' }).end()
      server.close()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const history = new ProxyHistory(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await once(server, 'close')
    for (let turn = 0; turn < 20; turn++) await setImmediate() // the client reads the answer meanwhile
    await expect(history.stop()).rejects.toThrow('503')
  })
})

import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { observingActivities } from '../../src/activities/index.ts'
import { PROBE_HEADER } from '../../src/api/names.ts'
import type { ProberSpec } from '../../src/api/v1alpha1/prober.ts'
import { hostArrivalQueries } from '../../src/core/faults/arrivals.ts'
import { isFaultRoute } from '../../src/core/faults/copies.ts'
import { injectFault } from '../../src/core/faults/edits.ts'
import { recordOf } from '../../src/core/faults/of-release.ts'
import type { PlannedFault } from '../../src/core/faults/planned.ts'
import { faultsOf } from '../../src/core/faults/record.ts'
import type { FaultRecord } from '../../src/core/faults/record.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Mesh, ProbeOrder } from '../../src/ports.ts'
import { aVirtualService, to } from '../core/shop.ts'
import { Stage } from './stage.ts'

const URL = 'http://gateway/reviews'
const HOST = 'reviews.shop.svc.cluster.local'
const EDGE = { namespace: 'ingress', name: 'edge' }
const PROBER: ProberSpec = {
  url: URL,
  host: 'shop.example.com',
  method: 'GET',
  headers: [{ name: 'x-team', value: 'shop' }],
  headersFrom: [],
  requestsPerSecond: 2000,
}
const CANARY: Partial<PlannedFault> = {
  canary: PROBER,
  abort: { percent: 100, httpStatus: 503 },
  expect: [{ metric: 'error-rate', max: '60%' }],
}
const TWO = {
  virtualServices: [
    { name: 'reviews', routes: ['primary'] },
    { ...EDGE, routes: ['web'] },
  ],
}

let stage: Stage
/** Every version of the service's VirtualServices that had a fault of ours. */
let seen: FaultRecord[]
beforeEach(() => {
  stage = new Stage()
  stage.answer('v2', 0)
  stage.cluster.store.create(edge())
  seen = []
  stage.cluster.store.subscribe((object) => {
    if (object.kind === 'VirtualService') seen.push(...faultsOf(object as unknown as VirtualService))
  })
})

/** A gateway's VirtualService in another namespace. */
function edge(): VirtualService & { readonly [field: string]: unknown } {
  const { apiVersion, kind } = aVirtualService()
  return {
    apiVersion,
    kind,
    metadata: { ...EDGE, annotations: { 'sluice.dev/allow-from': 'shop' } },
    spec: { hosts: ['shop.example.com'], http: [{ name: 'web', route: [to('v1', undefined, HOST)] }] },
  }
}

const objects = () => stage.cluster.store.list('VirtualService') as unknown as VirtualService[]
const copies = () => objects().flatMap(({ spec }) => (spec.http ?? []).filter(isFaultRoute))

/** A release that is about to probe its canary. */
async function probing(fault: Partial<PlannedFault>, plan: Partial<Plan> = {}): Promise<ReleaseState> {
  const planned = { name: 'probe', durationMs: 300, recoveryMs: 200, required: true, ...fault }
  const steps = [
    { weight: 5, holdMs: 0, faults: ['probe'] },
    { weight: 100, holdMs: 0 },
  ]
  const cleared = await stage.until('Preparing', stage.start({}, plan))
  return stage.until('Probing', { ...cleared, plan: { ...cleared.plan, steps, faults: [planned] } })
}

async function probe(state: ReleaseState): Promise<ReleaseState> {
  const activities = observingActivities(stage.cluster.ports)
  return transition(state, await new MockActivityEnvironment().run(activities.probe, state))
}

const result = ({ probes }: ReleaseState) => probes?.results[0]

/** The address answers well, but what a route with a fault is for gets the answers that its proxy injects. */
function answer(share: number, text = 'fault filter abort'): void {
  let count = 0
  stage.cluster.prober.tell(URL, ({ headers }: ProbeOrder) => {
    const isMet = copies().some(({ match }) => JSON.stringify(match).includes(headers[PROBE_HEADER] ?? '?'))
    const isHit = isMet && count++ % 100 < share * 100
    return isHit ? { status: 503, ms: 1, text } : { status: 200, ms: 1 }
  })
}

describe('a probe by requests of our own', () => {
  it('passes when they are answered within the limits, and leaves nothing behind', async () => {
    answer(0.3)
    const before = objects().map(({ spec }) => spec.http?.map(({ name }) => name))
    const next = await probe(await probing(CANARY))
    expect(result(next)).toMatchObject({ verdict: 'Pass', host: HOST })
    expect(result(next)?.message).toMatch(/^\d+ requests of the prober met the fault within /)
    expect(objects().map(({ spec }) => spec.http?.map(({ name }) => name))).toEqual(before)
    expect(objects().flatMap(faultsOf)).toEqual([])
  })

  it('sends what the spec says, with a header that only the record of the fault knows', async () => {
    answer(0.3)
    stage.cluster.secrets.put({ namespace: 'shop', name: 'token' }, 'key', 'Bearer abc\n')
    const headersFrom = [{ name: 'Authorization', secretKeyRef: { name: 'token', key: 'key' } }]
    await probe(await probing({ ...CANARY, canary: { ...PROBER, headersFrom } }))
    const [order] = stage.cluster.prober.orders
    const [meets] = seen.map((record) => record.meets)
    if (meets?.kind !== 'Header') throw new Error('nobody injected anything')
    expect(meets).toMatchObject({ name: 'x-sluice-probe', value: expect.stringMatching(/^.{36}$/) })
    expect(order).toMatchObject({
      url: URL,
      host: 'shop.example.com',
      method: 'GET',
      requestsPerSecond: 2000,
    })
    expect(order?.headers).toEqual({
      'x-team': 'shop',
      Authorization: 'Bearer abc',
      [PROBE_HEADER]: meets.value,
    })
  })

  it('takes back a canary that gives them too many bad answers', async () => {
    answer(1)
    const next = await probe(await probing({ ...CANARY, durationMs: 60_000 }))
    expect(next).toMatchObject({ phase: 'Lowering', ending: { reason: 'ProbeFailed' } })
    expect(copies()).toEqual([])
  })

  it('tells nothing when nobody met the fault', async () => {
    answer(0)
    const next = await probe(await probing(CANARY))
    expect(result(next)).toMatchObject({ verdict: 'Inconclusive' })
    expect(result(next)?.message).toMatch(/^no requests of the prober were seen to meet the fault/)
  })

  it('does not take an error of the canary for the fault', async () => {
    answer(0.3, 'no healthy upstream')
    expect(result(await probe(await probing(CANARY)))).toMatchObject({ verdict: 'Inconclusive' })
  })

  it('takes the word of proxies for a fault that is met behind another service', async () => {
    answer(0.3, 'sorry')
    const { total } = hostArrivalQueries(HOST, true)
    const first = Date.now()
    const samples = Array.from({ length: 300 }, (_, at): [number, number] => [first + at * 10, at])
    stage.cluster.queries.count(total, [{ instance: 'gateway', version: 'front', samples }])
    expect(result(await probe(await probing(CANARY)))).toMatchObject({ verdict: 'Pass' })
  })

  it('does not blame the canary for requests that fail without the fault', async () => {
    const next = await probe(await probing(CANARY))
    expect(next.phase).toBe('Observing')
    expect(result(next)?.message).toMatch(
      /^requests of the prober fail without the fault, too: .*ECONNREFUSED/,
    )
    expect(seen).toEqual([])
  })

  it('tells whose Secret it cannot read', async () => {
    const headersFrom = [{ name: 'Authorization', secretKeyRef: { name: 'token', key: 'key' } }]
    const next = await probe(await probing({ ...CANARY, canary: { ...PROBER, headersFrom } }))
    expect(result(next)).toMatchObject({ verdict: 'Inconclusive' })
    expect(result(next)?.message).toContain('shop/token')
  })

  it('guards the canary by its own limits meanwhile', async () => {
    answer(0.3)
    const state = await probing({ ...CANARY, durationMs: 60_000 })
    stage.answer('v2', 0.5)
    const next = await probe(state)
    expect(next).toMatchObject({ phase: 'Lowering', ending: { reason: 'MetricFailed' } })
    expect(copies()).toEqual([])
  })
})

describe('a fault of the service itself', () => {
  it('is written into all routes that the release moves', async () => {
    answer(0.3)
    await probe(await probing(CANARY, TWO))
    expect(seen.map(({ routes }) => routes)).toEqual(expect.arrayContaining([['primary'], ['web']]))
    expect(new Set(seen.map(({ meets }) => meets.kind === 'Header' && meets.value)).size).toBe(1)
    expect(copies()).toEqual([])
  })

  it('is written nowhere when one of them refuses it', async () => {
    answer(0.3)
    const state = await probing(CANARY, TWO)
    const { mesh } = stage.cluster.ports
    const refusing: Mesh = {
      read: async (...asked) => mesh.read(...asked),
      rehearse: async (object) => mesh.rehearse(object),
      virtualServices: () => mesh.virtualServices(),
      destinationRules: () => mesh.destinationRules(),
      write: async (object) => {
        if (object.metadata.name === 'edge' && faultsOf(object as VirtualService).length > 0)
          throw new RefusedError('not here')
        return mesh.write(object)
      },
    }
    const activities = observingActivities({ ...stage.cluster.ports, mesh: refusing })
    const next = transition(state, await new MockActivityEnvironment().run(activities.probe, state))
    expect(result(next)).toMatchObject({ verdict: 'Inconclusive', message: 'not here' })
    expect(copies()).toEqual([])
  })

  it('goes on with its header after a crash', async () => {
    answer(0.3)
    const state = await probing(CANARY)
    const meets = { kind: 'Header', name: PROBE_HEADER, value: 'first', subset: 'v2' } as const
    const fault = state.plan.faults?.[0]
    if (fault === undefined) throw new Error('there is a fault')
    const record = { ...recordOf(state, fault, { meets, now: Date.now() }), routes: ['primary'] }
    stage.write((object) => {
      const edited = injectFault(record, 'shop')(object)
      if ('refused' in edited) throw new Error(edited.refused)
      return edited.object
    })
    await probe(state)
    expect(new Set(seen.map((one) => one.meets.kind === 'Header' && one.meets.value))).toEqual(
      new Set(['first']),
    )
  })
})

describe('a fault that users meet', () => {
  const real: Partial<PlannedFault> = { traffic: 'RealRequests', abort: { percent: 5, httpStatus: 503 } }

  it('is refused again when it is to be injected, and no user meets it', async () => {
    const next = await probe(await probing(real))
    expect(result(next)).toMatchObject({ verdict: 'Inconclusive' })
    expect(result(next)?.message).toContain('SLUICE_FAULT_MAX_PERCENT')
    expect(seen).toEqual([])
  })

  it('is met where the administrator allows it, and judged by what the canary does', async () => {
    stage.cluster.limits.faultMaxPercent = 5
    const { total } = hostArrivalQueries(HOST, true)
    const state = await probing(real)
    const first = Date.now()
    const samples = Array.from({ length: 300 }, (_, at): [number, number] => [first + at * 10, at])
    stage.cluster.queries.count(total, [{ instance: 'gateway', version: 'gateway', samples }])
    expect(result(await probe(state))).toMatchObject({ verdict: 'Pass', host: HOST })
    expect(seen[0]).toMatchObject({ meets: { kind: 'Everybody' } })
  })
})

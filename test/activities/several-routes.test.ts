import { beforeEach, describe, expect, it } from 'vitest'
import { transition } from '../../src/core/machine/transition.ts'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import type { MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Ports } from '../../src/ports.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { KEY, ROLLOUT, aVirtualService, to } from '../core/shop.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

const CANARY = subsetName('v2')
const HOST = 'reviews.shop.svc.cluster.local'
const EDGE = { namespace: 'ingress', name: 'edge' }
const PLAN = {
  virtualServices: [
    { name: 'reviews', routes: ['primary'] },
    { ...EDGE, routes: ['web', 'api'] },
  ],
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
  stage.cluster.store.create(edge('shop'))
})

/** A gateway's VirtualService in another namespace, with two routes to the service and one that is a tester's. */
function edge(allowFrom: string): VirtualService {
  const web = { name: 'web', match: [{ uri: { prefix: '/' } }], route: [to('v1', undefined, HOST)] }
  const api = {
    name: 'api',
    match: [{ uri: { prefix: '/api' } }],
    route: [to('v1', 60, HOST), to('x', 40, 'legacy')],
  }
  const testers = {
    name: 'testers',
    match: [{ headers: { 'x-canary': {} } }],
    route: [to('v1', undefined, HOST)],
  }
  const { apiVersion, kind } = aVirtualService()
  const annotations = { 'sluice.dev/allow-from': `other, ${allowFrom}` }
  return {
    apiVersion,
    kind,
    metadata: { ...EDGE, annotations },
    spec: { hosts: ['shop.example.com'], gateways: ['gw'], http: [testers, api, web] },
  }
}

/** Subset and weight of the destinations of a route of the gateway's VirtualService. */
function edgeRoute(name: string): unknown[] {
  const object = stage.cluster.store.read('VirtualService', EDGE) as VirtualService | undefined
  const route = object?.spec.http?.find((one) => one.name === name)?.route ?? []
  return route.map(({ destination, weight }) => [destination.subset, weight])
}

function changeEdge(edit: (object: VirtualService) => VirtualService): void {
  const object = stage.cluster.store.read('VirtualService', EDGE) as VirtualService
  stage.cluster.store.replace({ ...edit(object) })
}

function start(): ReleaseState {
  return stage.start({}, PLAN)
}

/** Ports whose API server refuses to write the gateway's VirtualService. */
function withoutEdge(): Ports {
  const { ports } = stage.cluster
  const write = async (object: MeshObject) => {
    if (object.metadata.name === EDGE.name) throw new RefusedError('the API server answered 403: not yours')
    await ports.mesh.write(object)
  }
  const rehearse = async (object: MeshObject) => {
    if (object.metadata.name === EDGE.name) await write(object)
  }
  return { ...ports, mesh: { ...ports.mesh, write, rehearse } }
}

describe('a release over several VirtualServices', () => {
  it('gives the canary its weight in all named routes, and leaves all others', async () => {
    stage.answer('v2', 0)
    await stage.until('Observing', start())
    expect(stage.route).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
    expect(edgeRoute('web')).toEqual([
      ['v1', 95],
      [CANARY, 5],
    ])
    expect(edgeRoute('api')).toEqual([
      ['v1', 57],
      [CANARY, 3],
      ['x', 40],
    ])
    expect(edgeRoute('testers')).toEqual([['v1', undefined]])
  })

  it('ends with one version everywhere, each route with the share that it had', async () => {
    stage.answer('v2', 0)
    await stage.until('Done', start())
    expect(stage.route).toEqual([[CANARY, 100]])
    expect(edgeRoute('web')).toEqual([[CANARY, undefined]])
    expect(edgeRoute('api')).toEqual([
      [CANARY, 60],
      ['x', 40],
    ])
    const object = stage.cluster.store.read('VirtualService', EDGE) as VirtualService
    expect(markOf(object, KEY)).toMatchObject({ stable: 'v2' })
    expect(markOf(object, KEY)).not.toHaveProperty('canary')
  })

  it('takes all back at once when the canary fails', async () => {
    stage.answer('v2', 0.5)
    await stage.until('Done', start())
    expect([stage.route, edgeRoute('web'), edgeRoute('api')]).toEqual([
      [['v1', 100]],
      [['v1', undefined]],
      [
        ['v1', 60],
        ['x', 40],
      ],
    ])
  })

  it('keeps the subset, and the tester’s route that names it, and says so', async () => {
    stage.answer('v2', 0.5)
    const observing = await stage.until('Observing', start())
    changeEdge((object) => {
      const http = (object.spec.http ?? []).map((route) =>
        route.name === 'testers' ? { ...route, route: [to(CANARY, undefined, HOST)] } : route,
      )
      return { ...object, spec: { ...object.spec, http } }
    })
    await stage.until('Done', observing)
    expect(edgeRoute('testers')).toEqual([[CANARY, undefined]])
    expect(stage.subsets).toContain(CANARY)
    expect(stage.reasons).toContain('SubsetKept')
  })
})

describe('a VirtualService that cannot be written', () => {
  it('is found by preflight, before anything is touched, and named', async () => {
    const versions = stage.cluster.store.list('VirtualService')
    const event = await act(withoutEdge(), start())
    expect(event).toMatchObject({ type: 'Refused', findings: [{ reason: 'WriteRefused' }] })
    const [finding] = event.type === 'Refused' ? event.findings : []
    expect(finding?.message).toContain(
      'VirtualService ingress/edge could not be written: the API server answered 403',
    )
    expect(stage.cluster.store.list('VirtualService')).toEqual(versions)
  })

  it('is asked for each object once, with the weight that it will get', async () => {
    const { ports } = stage.cluster
    const asked: MeshObject[] = []
    const rehearse = async (object: MeshObject) => void asked.push(object)
    await act({ ...ports, mesh: { ...ports.mesh, rehearse } }, start())
    expect(asked.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      'DestinationRule reviews',
      'VirtualService edge',
      'VirtualService reviews',
    ])
    const shop = asked.find(({ kind, metadata }) => kind === 'VirtualService' && metadata.name === 'reviews')
    expect(JSON.stringify(shop?.spec)).toContain(`"subset":"${CANARY}"`)
    expect(JSON.stringify(asked.find(({ kind }) => kind === 'DestinationRule')?.spec)).toContain(CANARY)
  })

  it('does not keep another one from being lowered, and is told', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing', start())
    const lowering = stage.want(observing, { version: 'v1' })
    await expect(act(withoutEdge(), lowering)).rejects.toThrow(
      'VirtualService ingress/edge: the API server answered 403',
    )
    expect(stage.route).toEqual([['v1', 100]])
    expect(edgeRoute('web')).toContainEqual([CANARY, 5])
    expect(stage.shop.status.message).toContain('VirtualService ingress/edge')

    await stage.until('Done', lowering)
    expect(edgeRoute('web')).toEqual([['v1', undefined]])
  })

  it('is told of when the canary fails, and lowered as soon as that is allowed', async () => {
    stage.answer('v2', 0.5)
    const observing = await stage.until('Observing', start())
    const failed = await act(withoutEdge(), observing)
    expect(failed).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
    expect(stage.route).toEqual([['v1', 100]])
    expect(stage.shop.status).toMatchObject({
      verdicts: [{ verdict: 'Fail' }],
      release: { phase: 'Lowering' },
    })
    expect(stage.shop.status.weight, 'some proxies have it still').toEqual({ desired: 0 })
    expect(stage.cluster.reporter.loweredAfterMs, 'nobody can say yet how long it took').toEqual([])

    const lowering = transition(observing, failed)
    await expect(act(withoutEdge(), lowering)).rejects.toThrow('403')
    expect(stage.shop.status.message).toContain('VirtualService ingress/edge: the API server answered 403')
    await stage.until('Done', lowering)
    expect(edgeRoute('web')).toEqual([['v1', undefined]])
    expect(stage.shop.status.lastFailed).toMatchObject({ version: 'v2', reason: 'MetricFailed' })
  })

  it('takes the canary back that fails while somebody moves its weights', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing', start())
    changeEdge(moved)
    stage.answer('v2', 0.5)
    const event = await act(withoutEdge(), { ...observing, driftedAt: Date.now() + 60_000 })
    expect(event).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('does not end the tries to lower the others while the API server is away', async () => {
    stage.answer('v2', 0.5)
    const observing = await stage.until('Observing', start())
    const refusing = withoutEdge()
    let tries = 0
    const write = async (object: MeshObject) => {
      if (object.metadata.name !== EDGE.name && tries++ < 2) throw new Error('ECONNREFUSED')
      await refusing.mesh.write(object)
    }
    const failed = await act({ ...refusing, mesh: { ...refusing.mesh, write } }, observing)
    expect([failed.type, tries]).toEqual(['Failed', 3])
    expect(stage.route).toEqual([['v1', 100]])
  })

  it('ends a release whose weight it refuses for a minute, and not before', async () => {
    stage.answer('v2', 0)
    const raising = await stage.until('Raising', start())
    let now = Date.now()
    const ports = { ...withoutEdge(), clock: { now: () => now } }
    await expect(act(ports, raising)).rejects.toThrow('403')
    now += 60_000
    expect(await act(ports, raising)).toMatchObject({ type: 'Failed', reason: 'WriteRefused' })
  })

  it('keeps users from the way back only where it stands, and for as long as it is refused', async () => {
    stage.answer('v2', 0)
    const retaining = await stage.until('Retaining', stage.start({}, { ...PLAN, retireAfterMs: 600_000 }))
    const back = stage.want(retaining, { version: 'v1' })
    const late = { ...back, phaseAt: back.phaseAt - 3_600_000 }
    await expect(act(withoutEdge(), late)).rejects.toThrow('403')
    expect([stage.route, edgeRoute('web')]).toEqual([[['v1', 100]], [[CANARY, undefined]]])
    expect(stage.shop.status.message).toContain(
      'going back to v1: could not be written: VirtualService ingress/edge',
    )
    expect(stage.shop.status.lastFailed).toBeUndefined()

    expect(await act(stage.cluster.ports, late)).toMatchObject({ type: 'Promoted' })
    expect(edgeRoute('web')).toEqual([['v1', undefined]])
  })
})

describe('a Rollout that is deleted when the way back is half gone', () => {
  const BOTH_BACK = [[['v1', 100]], [['v1', undefined]]]
  const BOTH_AS_BEFORE = [[[CANARY, 100]], [[CANARY, undefined]]]

  /** Users of one VirtualService are back, those of the other are not; the marks are about to go. */
  async function halfGone(): Promise<ReleaseState> {
    stage.answer('v2', 0)
    const retaining = await stage.until('Retaining', stage.start({}, { ...PLAN, retireAfterMs: 600_000 }))
    const back = stage.want(retaining, { version: 'v1' })
    await expect(act(withoutEdge(), back)).rejects.toThrow('403')
    const forgetting = stage.want(back, { deleting: true })
    expect(forgetting.phase).toBe('Forgetting')
    return forgetting
  }

  function marks(): unknown[] {
    const object = stage.cluster.store.read('VirtualService', EDGE) as VirtualService
    return [markOf(stage.shop.virtualService, KEY), markOf(object, KEY)]
  }

  it('leaves all users with the version that they went back to', async () => {
    const forgetting = await halfGone()
    await expect(act(withoutEdge(), forgetting)).rejects.toThrow('403')
    expect(stage.shop.status.message).toContain('giving v1 all traffic: could not be written')
    expect(marks()).not.toContain(undefined)

    await stage.until('Done', forgetting)
    expect([stage.route, edgeRoute('web')]).toEqual(BOTH_BACK)
    expect(marks()).toEqual([undefined, undefined])
  })

  it('leaves them all with the other one where that cannot answer any more', async () => {
    const forgetting = await halfGone()
    stage.shop.setReady('v1', false)
    await stage.until('Done', forgetting)
    expect([stage.route, edgeRoute('web')]).toEqual(BOTH_AS_BEFORE)
  })

  it('leaves them all with the other one where an owner forbids to go back', async () => {
    const forgetting = await halfGone()
    changeEdge((object) => {
      const annotations = { ...object.metadata.annotations, 'sluice.dev/allow-from': '' }
      return { ...object, metadata: { ...object.metadata, annotations } }
    })
    await stage.until('Done', forgetting)
    expect([stage.route, edgeRoute('web')]).toEqual(BOTH_AS_BEFORE)
  })

  it('touches no weight once the way back is gone', async () => {
    stage.answer('v2', 0)
    const retaining = await stage.until('Retaining', stage.start({}, { ...PLAN, retireAfterMs: 600_000 }))
    const gone = await stage.next(stage.want(retaining, { version: 'v1' }))
    expect(gone.phase).toBe('Retaining')
    const forgetting = { ...gone, phase: 'Forgetting' as const, seq: gone.seq + 1 }
    stage.divide(to('v1', 90), to(CANARY, 10))
    await stage.next(forgetting)
    expect(stage.route).toEqual([
      ['v1', 90],
      [CANARY, 10],
    ])
  })
})

/** A stranger gives other weights, and perhaps takes our mark along. */
const MOVED: readonly [string, (object: VirtualService) => VirtualService][] = [
  ['whose weights somebody moved', moved],
  ['that somebody replaced', (object) => withMark(moved(object), KEY, undefined)],
]

function moved(object: VirtualService): VirtualService {
  const http = (object.spec.http ?? []).map((route) =>
    route.name === 'web' ? { ...route, route: [to('v1', 50, HOST), to(CANARY, 50, HOST)] } : route,
  )
  return { ...object, spec: { ...object.spec, http } }
}

describe.each(MOVED)('a VirtualService %s and that cannot be written', (_, change) => {
  it('is told, and ends the release after a minute', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing', start())
    changeEdge(change)
    const drifted = await act(withoutEdge(), observing)
    expect(drifted.type).toBe('Drifted')

    const raising = transition(observing, drifted)
    let now = Date.now()
    const ports = { ...withoutEdge(), clock: { now: () => now } }
    await expect(act(ports, raising)).rejects.toThrow('403')
    expect(stage.shop.status.message).toContain(
      'VirtualService ingress/edge: the API server answered 403: not yours; trying again',
    )
    now += 60_000
    const refused = await act(ports, raising)
    expect(refused).toMatchObject({ type: 'Failed', reason: 'WriteRefused' })

    await expect(act(ports, transition(raising, refused))).rejects.toThrow('403')
    expect(stage.route).toEqual([['v1', 100]])
  })
})

describe('a VirtualService of another namespace', () => {
  it('that allows nothing is not touched when the traces of a lost release are taken back', async () => {
    const split = (object: VirtualService) => ({
      ...object,
      metadata: { ...object.metadata, annotations: {} },
      spec: { ...object.spec, http: [{ name: 'web', route: [to('v1', 60, HOST), to('v3', 40, HOST)] }] },
    })
    changeEdge(split)
    const before = stage.cluster.store.read('VirtualService', EDGE)
    const lost = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-a-1', seq: 3, stable: 'v1', canary: 'v2' }
    stage.write((object) => ({ ...object, ...withMark(object, KEY, lost) }))

    const plan = { virtualServices: [PLAN.virtualServices[0]!, { ...EDGE, routes: ['web'] }] }
    const preflight = await stage.next(await stage.until('Cleaning', stage.start({}, plan)))
    expect(await act(stage.cluster.ports, preflight)).toMatchObject({
      type: 'Refused',
      findings: [{ reason: 'NotAllowed' }],
    })
    expect(markOf(stage.shop.virtualService, KEY)).not.toHaveProperty('canary')
    expect(stage.cluster.store.read('VirtualService', EDGE)).toEqual(before)
  })

  it('is not moved any more once its owner forbids it, but is lowered', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing', start())
    changeEdge((object) => {
      const annotations = { ...object.metadata.annotations, 'sluice.dev/allow-from': '' }
      return { ...object, metadata: { ...object.metadata, annotations } }
    })
    const raising = { ...observing, phase: 'Raising' as const, step: 1, seq: observing.seq + 1 }
    expect(await act(stage.cluster.ports, raising)).toMatchObject({ type: 'Failed', reason: 'NotAllowed' })
    await stage.until('Done', stage.want(observing, { version: 'v1' }))
    expect(edgeRoute('web')).toEqual([['v1', undefined]])
  })
})

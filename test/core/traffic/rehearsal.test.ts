import { describe, expect, it } from 'vitest'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { rehearse, rehearseRollback } from '../../../src/core/traffic/rehearsal.ts'
import type { Moment, Rehearsal } from '../../../src/core/traffic/rehearsal.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import type { MeshObject, VirtualService } from '../../../src/core/traffic/types.ts'
import { Stage } from '../../activities/stage.ts'
import { ROLLOUT, V1, aDestinationRule, aPlan, aSubset, aVirtualService, to } from '../shop.ts'

const CANARY = subsetName('v2')
const EDGE = { namespace: 'ingress', name: 'edge' }
const HOST = 'reviews.shop.svc.cluster.local'
const STEPS = [5, 20, 100].map((weight) => ({ weight, holdMs: 0 }))
const SEVERAL = [
  { name: 'reviews', routes: ['primary'] },
  { ...EDGE, routes: ['web', 'api'] },
]

/** A gateway's VirtualService in another namespace with two routes that are moved and one that is not. */
function edge(): VirtualService {
  const { apiVersion, kind } = aVirtualService()
  const named = (name: string, ...route: ReturnType<typeof to>[]) => ({ name, route })
  return {
    apiVersion,
    kind,
    metadata: { ...EDGE, annotations: { 'sluice.dev/allow-from': 'shop' } },
    spec: {
      hosts: ['shop.example.com'],
      http: [
        named('testers', to('v1', undefined, HOST)),
        named('api', to('v1', 60, HOST), to('x', 40, 'legacy')),
        named('web', to('v1', undefined, HOST)),
      ],
    },
  }
}

function rehearsal(plan: Plan, changes: Partial<Rehearsal> = {}): Rehearsal {
  const virtualServices =
    plan.virtualServices.length > 1
      ? [aVirtualService([to('v1', 100)]), edge()]
      : [aVirtualService([to('v1', 100)])]
  return {
    rollout: ROLLOUT,
    plan,
    version: 'v2',
    templateHash: '',
    cleared: {
      kind: 'Cleared',
      floor: 0,
      stable: V1,
      canary: { version: 'v2', subset: CANARY },
      stablePods: 2,
      adopt: false,
      selector: { app: 'reviews' },
    },
    before: { virtualServices, destinationRule: aDestinationRule() },
    others: [],
    ...changes,
  }
}

/** What an API server keeps of an object that a release wrote. */
function written({ apiVersion, kind, metadata, spec }: MeshObject): object {
  const { name, namespace, labels, annotations } = metadata as MeshObject['metadata'] & { labels?: unknown }
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec }
}

type Sight = { phase: Phase; step: number; virtualServices: object[]; destinationRule: object }

function seen({ phase, step, virtualServices, destinationRule }: Moment): Sight {
  const objects = virtualServices.map(written)
  return { phase, step, virtualServices: objects, destinationRule: written(destinationRule) }
}

const WRITING: ReadonlySet<Phase> = new Set([
  'Preparing',
  'Raising',
  'Promoting',
  'Retiring',
  'Lowering',
  'Cleaning',
])

/** Does a release by its real activities, and tells what stood in the cluster after each that writes. */
async function perform(stage: Stage, plan: Partial<Plan>): Promise<Sight[]> {
  const sights: Sight[] = []
  if (plan.virtualServices !== undefined) stage.cluster.store.create(edge())
  let state: ReleaseState = stage.start({}, plan)
  const read = (kind: string, ref: { namespace: string; name: string }) =>
    written(stage.cluster.store.read(kind, ref) as unknown as MeshObject)
  while (state.phase !== 'Done') {
    const { phase, step } = state
    state = await stage.next(state)
    if (!WRITING.has(phase)) continue
    const virtualServices = state.plan.virtualServices.map(({ name, ...rest }) =>
      read('VirtualService', { namespace: 'shop', name, ...rest }),
    )
    const destinationRule = read('DestinationRule', { namespace: 'shop', name: 'reviews' })
    sights.push({ phase, step, virtualServices, destinationRule })
  }
  return sights
}

describe('a rehearsal shows, object by object and mark by mark, what the real activities write', () => {
  it.each([
    ['one VirtualService', { steps: STEPS }],
    ['several VirtualServices and routes', { steps: STEPS, virtualServices: SEVERAL }],
  ])('of a good version, over %s', async (_title, plan) => {
    const stage = new Stage()
    stage.answer('v2', 0)
    const real = await perform(stage, plan)
    const { plan: whole } = stage.start({}, plan)
    expect(rehearse(rehearsal(whole)).map(seen)).toEqual(real)
    expect(real.map(({ phase }) => phase)).toEqual([
      'Preparing',
      'Raising',
      'Raising',
      'Raising',
      'Promoting',
      'Retiring',
    ])
  })

  it.each([
    ['one VirtualService', { steps: STEPS }],
    ['several VirtualServices and routes', { steps: STEPS, virtualServices: SEVERAL }],
  ])('of a bad version, over %s', async (_title, plan) => {
    const stage = new Stage()
    stage.answer('v2', 0.5)
    const real = await perform(stage, plan)
    const { plan: whole } = stage.start({}, plan)
    const back = rehearseRollback(rehearsal(whole), 0)
    expect(back.map(seen)).toEqual(real.slice(-2))
    expect(back.map(({ phase }) => phase)).toEqual(['Lowering', 'Cleaning'])
  })

  it('of a version whose subset stood there before, and of one that a stranger names', async () => {
    const stage = new Stage()
    stage.cluster.store.change('DestinationRule', ROLLOUT, (object) => {
      return { ...object, spec: aDestinationRule([aSubset('v1'), aSubset('v2')]).spec }
    })
    const testers = { ...edge(), spec: { http: [{ route: [to('v1', undefined, HOST)] }] } }
    stage.cluster.store.create(testers)
    stage.answer('v2', 0)
    const real = await perform(stage, {})
    const { plan } = stage.start()
    const before = {
      virtualServices: [aVirtualService([to('v1', 100)])],
      destinationRule: aDestinationRule([aSubset('v1'), aSubset('v2')]),
    }
    const cleared = { ...rehearsal(plan).cleared, canary: { version: 'v2', subset: 'v2' } }
    const moments = rehearse(rehearsal(plan, { before, cleared, others: [testers] }))
    expect(moments.map(seen)).toEqual(real)
    expect(moments.at(-1)?.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual(['v1', 'v2'])
  })
})

describe('a rehearsed rollback', () => {
  const bare = (object: MeshObject) => {
    const { [MARK_ANNOTATION]: _mark, ...annotations } = object.metadata.annotations ?? {}
    return { ...object, metadata: { ...object.metadata, annotations } }
  }

  it.each([0, 1, 2])('from step %i leaves all as it was, but for the mark', (step) => {
    const release = rehearsal(aPlan({ steps: STEPS }))
    const [lowered, cleaned] = rehearseRollback(release, step)
    const [before] = release.before.virtualServices
    expect(bare(lowered!.virtualServices[0]!)).toEqual(bare(before!))
    expect(bare(cleaned!.virtualServices[0]!)).toEqual(bare(before!))
    expect(bare(cleaned!.destinationRule).spec).toEqual(release.before.destinationRule.spec)
  })

  it('is not there for a version that gets everything without steps', () => {
    const { cleared } = rehearsal(aPlan())
    const release = rehearsal(aPlan(), { cleared: { ...cleared, adopt: true } })
    expect(rehearseRollback(release, 0)).toEqual([])
    expect(rehearse(release).map(({ phase }) => phase)).toEqual(['Preparing', 'Promoting', 'Retiring'])
  })
})

import fc from 'fast-check'
import type {
  DestinationRule,
  MeshObject,
  RouteDestination,
  VirtualService,
} from '../../../../src/core/traffic/types.ts'
import { MARK_ANNOTATION } from '../../../../src/api/names.ts'
import { IN_STEP } from '../../../../src/core/machine/state.ts'
import { isActive } from '../../../../src/core/policy/decide.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import { KEY, ROLLOUT, to } from '../../shop.ts'
import { managedRoute } from './checks.ts'
import { gitVirtualService } from './objects.ts'
import type { Scenery } from './objects.ts'
import type { Verdict, Version, World } from './world.ts'

/** One thing that happens in the world. */
export type Op =
  /** The action under way goes on for so many steps, while looks say this. */
  | { readonly op: 'run'; readonly steps: number; readonly verdict: Verdict }
  /** The user wants a version; the controller tells the workflow, `late` together with what comes next. */
  | { readonly op: 'want'; readonly version: Version; readonly late: boolean }
  | { readonly op: 'template'; readonly version: Version; readonly told: boolean }
  | { readonly op: 'pause' }
  | { readonly op: 'delete' }
  | { readonly op: 'pods'; readonly version: Version; readonly ready: number }
  | { readonly op: 'crash' | 'stall' | 'lose' | 'control' }
  | { readonly op: 'zombie'; readonly index: number; readonly steps: number }
  | { readonly op: 'stranger'; readonly what: StrangerWrite }

export type StrangerWrite = 'weights' | 'strip' | 'timeout' | 'foreignWeight' | 'git' | 'rule' | 'newRoute'

const version = fc.constantFrom<Version[]>('v1', 'v2', 'v3')

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      op: fc.constant('run' as const),
      steps: fc.integer({ min: 1, max: 40 }),
      verdict: fc.oneof(
        { weight: 4, arbitrary: fc.constant('Pass' as const) },
        { weight: 2, arbitrary: fc.constant('Wait' as const) },
        { weight: 1, arbitrary: fc.constant('Fail' as const) },
      ),
    }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('want' as const), version, late: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('template' as const), version, told: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ op: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constant({ op: 'delete' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('pods' as const), version, ready: fc.constantFrom(0, 1, 4) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      op: fc.constantFrom('crash' as const, 'stall' as const, 'lose' as const, 'control' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('zombie' as const),
      index: fc.nat({ max: 5 }),
      steps: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('stranger' as const),
      what: fc.constantFrom<StrangerWrite[]>(
        'weights',
        'strip',
        'timeout',
        'foreignWeight',
        'git',
        'rule',
        'newRoute',
      ),
    }),
  },
)

/** A history of a shop: how it looks, and what happens. */
export const script = fc.record({
  scenery: fc.record<Scenery>({
    share: fc.constantFrom(undefined, 100, 70),
    foreign: fc.boolean(),
    named: fc.boolean(),
    allSubsets: fc.boolean(),
    neighbour: fc.boolean(),
    fullHost: fc.boolean(),
  }),
  ops: fc.array(op, { maxLength: 60, size: 'max' }),
})

/** Lets one thing happen. */
export function happen(world: World, entry: Op): void {
  world.tell(JSON.stringify(entry))
  switch (entry.op) {
    case 'run':
      return run(world, entry.steps, entry.verdict)
    case 'want':
      return want(world, entry)
    case 'template':
      world.templates[entry.version] = `${world.templates[entry.version]}+`
      return entry.told ? world.control() : undefined
    case 'pause':
      return respec(world, { paused: !world.spec.paused })
    case 'delete':
      return remove(world)
    case 'pods':
      world.pods[entry.version] = entry.ready
      return undefined
    case 'zombie':
      for (let step = 0; step < entry.steps; step++) world.stepZombie(entry.index)
      return undefined
    case 'stranger':
      return stranger(world, entry.what)
    case 'crash':
      return world.crash()
    case 'stall':
      return world.stall()
    case 'lose':
      return world.loseWorkflow()
    case 'control':
      return world.control()
  }
}

/** The action under way and its followers go on; the controller looks when a workflow has ended. */
export function run(world: World, steps: number, verdict: Verdict): void {
  world.verdict = verdict
  for (let step = 0; step < steps; step++) {
    if (world.state === undefined) world.control()
    if (world.state === undefined) return
    world.step()
  }
}

/** Before its finalizer stands a Rollout is gone at once; with a workflow in preflight that is not handled yet. */
function remove(world: World): void {
  if (!world.finalizer && isActive(world.status)) return
  if (!world.finalizer && world.state !== undefined) return
  world.deleting = true
  world.control()
}

function want(world: World, { version: wanted, late }: { version: Version; late: boolean }): void {
  respec(world, { version: wanted }, late)
}

function respec(world: World, change: Partial<World['spec']>, late = false): void {
  world.spec = { ...world.spec, ...change, generation: world.spec.generation + 1 }
  world.control(late)
}

const STRIPS: ReadonlySet<StrangerWrite> = new Set(['strip', 'git', 'rule'])
const IS_PUT_BACK: ReadonlySet<StrangerWrite> = new Set(['weights', 'git', 'rule', 'strip'])

/** With the mark goes the fence: what was delayed until then is not held up by anything. */
function loseFence(world: World): void {
  world.zombies.length = 0
  world.checks.forgetHalted()
}

/** Weights and subsets of strangers are put back only from the claim on, while a step lies ahead. */
function isGuarded({ state, virtualService }: World): boolean {
  if (state === undefined || state.direct || state.step + 1 >= state.plan.steps.length) return false
  const isClaimed = virtualService !== undefined && markOf(virtualService, KEY)?.release === state.id
  return isClaimed && (state.phase === 'Preparing' || IN_STEP.has(state.phase))
}

function stranger(world: World, what: StrangerWrite): void {
  const { scenery } = world
  if (IS_PUT_BACK.has(what) && !isGuarded(world)) return
  if (STRIPS.has(what)) loseFence(world)
  switch (what) {
    case 'git':
      return replaceSpec(world, gitVirtualService(scenery))
    case 'rule':
      return dropCanary(world)
    case 'strip':
      return edit(world, 'VirtualService', (object) => withoutMark(object))
    case 'timeout':
      return editRoute(world, (route) => ({ ...route, timeout: `${world.now}ms` }))
    case 'foreignWeight':
      return editRoute(world, (route) => ({ ...route, route: route.route?.map(heavier) ?? [] }))
    case 'newRoute':
      return addRoute(world)
    case 'weights':
      for (const name of ['v1', 'v2']) world.strangeNames.add(name)
      return editRoute(world, (route) => ({ ...route, route: [...foreignIn(route), ...weighed(world)] }))
  }
}

/** Git does not know the canary's subset. */
function dropCanary(world: World): void {
  edit(world, 'DestinationRule', (object) => {
    const { subsets = [] } = (object as DestinationRule).spec
    const others = subsets.filter(({ name }) => name !== world.state?.canary?.subset)
    return withoutMark({ ...object, spec: { ...object.spec, subsets: others } } as MeshObject)
  })
}

/** `kubectl replace`: everything as the owner has it, our mark gone. */
function replaceSpec(world: World, git: MeshObject): void {
  edit(
    world,
    git.kind,
    (object) => ({ ...object, metadata: withAnnotations(object, git), spec: git.spec }) as MeshObject,
  )
}

function withAnnotations(object: MeshObject, git: MeshObject): MeshObject['metadata'] {
  const { annotations: _old, ...metadata } = object.metadata
  return { ...metadata, ...(git.metadata.annotations && { annotations: git.metadata.annotations }) }
}

function withoutMark(object: MeshObject): MeshObject {
  const { [MARK_ANNOTATION]: _mark, ...annotations } = object.metadata.annotations ?? {}
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function edit(world: World, kind: MeshObject['kind'], change: (object: MeshObject) => MeshObject): void {
  if (world.store.read(kind, ROLLOUT)) world.store.change<MeshObject>(kind, ROLLOUT, change)
}

type Route = NonNullable<ReturnType<typeof managedRoute>>

function editRoute(world: World, change: (route: Route) => Route): void {
  edit(world, 'VirtualService', (object) => {
    const managed = managedRoute(object as VirtualService)
    const http = (object as VirtualService).spec.http?.map((route) =>
      route === managed ? change(route) : route,
    )
    return { ...object, spec: { ...object.spec, http } } as MeshObject
  })
}

/** A new route in front of all, to another service. */
function addRoute(world: World): void {
  edit(world, 'VirtualService', (object) => {
    const { http = [] } = (object as VirtualService).spec
    const added = { name: `new-${http.length}`, route: [{ destination: { host: 'images' } }] }
    return { ...object, spec: { ...object.spec, http: [added, ...http] } } as MeshObject
  })
}

function foreignIn(route: Route): RouteDestination[] {
  return (route.route ?? []).filter(({ destination }) => !destination.host.startsWith('reviews'))
}

function heavier(entry: RouteDestination): RouteDestination {
  return entry.destination.host.startsWith('reviews') ? entry : { ...entry, weight: (entry.weight ?? 0) + 1 }
}

/** 90/10, whatever the route had: a destination is foreign to us only by its host. */
function weighed({ scenery }: World): RouteDestination[] {
  const host = scenery.fullHost ? 'reviews.shop.svc.cluster.local' : 'reviews'
  const total = scenery.share ?? 100
  return [to('v1', total - 10, host), to('v2', 10, host)]
}

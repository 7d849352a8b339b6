import { MARK_ANNOTATION } from '../../../../src/api/names.ts'
import { IN_STEP } from '../../../../src/core/machine/state.ts'
import type { Phase, ReleaseState } from '../../../../src/core/machine/state.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  RouteDestination,
  VirtualService,
} from '../../../../src/core/traffic/types.ts'
import { KEY, ROLLOUT, to } from '../../shop.ts'
import { routeOf } from './foreign.ts'
import { gitVirtualService } from './objects.ts'
import type { World } from './world.ts'

/** What strangers write into our objects. */
export const STRANGER_WRITES = {
  /** Fields of the managed route that are theirs. */
  timeout: (world: World) => editRoute(world, (route) => ({ ...route, timeout: `${world.now}ms` })),
  foreignWeight: (world: World) =>
    editRoute(world, (route) => ({ ...route, route: route.route?.map(heavier) ?? [] })),
  /** A new route in front of all, to another service. */
  otherRoute: (world: World) => addRoute(world, { route: [{ destination: { host: 'images' } }] }),
  /** The same to ours, which makes the managed route ambiguous unless its name is known. */
  ownRoute: (world: World) => addOwnRoute(world),
  rename: (world: World) => editRoute(world, (route) => ({ ...route, name: 'renamed' })),
  weights: (world: World) => moveWeights(world),
  /** `kubectl replace`: everything as the owner has it. */
  git: (world: World) => replaceByGit(world),
  strip: (world: World) => strip(world),
  /** Git does not know the canary's subset. */
  rule: (world: World) => dropCanary(world),
} as const satisfies Record<string, (world: World) => void>

export type StrangerWrite = keyof typeof STRANGER_WRITES

/** Those that take a mark along. */
const STRIPS: ReadonlySet<StrangerWrite> = new Set(['strip', 'git', 'rule'])
/** Those that Sluice answers, but only in the middle of a release. */
const ANSWERED: ReadonlySet<StrangerWrite> = new Set(['weights', 'git', 'rule', 'strip'])

/** Phases in which the route is kept. */
const PUT_BACK: ReadonlySet<Phase> = new Set([
  ...IN_STEP,
  'Preparing',
  'Promoting',
  'Retiring',
  'Lowering',
  'Cleaning',
])

/** Phases that end with the mark in the DestinationRule; what comes after it comes between releases. */
const ENDS: ReadonlySet<Phase> = new Set(['Retiring', 'Cleaning'])

/** Lets a stranger write. */
export function stranger(world: World, what: StrangerWrite): void {
  if (ANSWERED.has(what) && !isGuarded(world, what)) return
  if (isBeyondRepair(world, what)) return
  if (STRIPS.has(what)) world.loseFence()
  STRANGER_WRITES[what](world)
}

function isBeyondRepair({ state, scenery }: World, what: StrangerWrite): boolean {
  // Of an owner's own subset nothing tells the name any more, should the workflow be lost, too.
  if (what === 'rule' && scenery.allSubsets) return true
  // Git still has the version that users had at first; once that is retired, nobody can be sent there.
  if (what === 'git') return state?.stable?.version !== 'v1'
  // A promoted route names one version only: under another name nothing tells it from a stranger's.
  return what === 'rename' && state?.phase === 'Promoting'
}

/** The owner corrects what keeps a release from starting: a name that was changed, a second route to the service. */
export function mend(world: World): void {
  edit(world, 'VirtualService', (object) => {
    const service = object as VirtualService
    const managed = routeOf(service)
    const http = service.spec.http
      ?.filter((route) => !String(route.name).startsWith('new-'))
      .map((route) => (route === managed && world.scenery.named ? { ...route, name: 'primary' } : route))
    return { ...object, spec: { ...object.spec, http } } as MeshObject
  })
}

/** Weights of strangers are put back from the claim on until the end; subsets only while a step lies ahead. */
function isGuarded(world: World, what: StrangerWrite): boolean {
  const { state, virtualService } = world
  if (state === undefined || state.direct || isEnded(world, state)) return false
  if (virtualService === undefined || markOf(virtualService, KEY)?.release !== state.id) return false
  if (what === 'weights' && isLeftAlone(virtualService, state)) return false
  return what === 'rule' ? isBeforeLastStep(state) : PUT_BACK.has(state.phase)
}

/** A stranger gave the managed route another name, and the release takes its weights out of it, once. */
function isLeftAlone(object: VirtualService, { plan, phase }: ReleaseState): boolean {
  const route = plan.virtualServices[0]?.routes?.[0]
  return (
    route !== undefined && (phase === 'Lowering' || phase === 'Cleaning') && routeOf(object)?.name !== route
  )
}

function isEnded({ destinationRule }: World, { phase, seq }: ReleaseState): boolean {
  return ENDS.has(phase) && destinationRule !== undefined && markOf(destinationRule, KEY)?.seq === seq
}

function isBeforeLastStep({ phase, step, plan }: ReleaseState): boolean {
  return step + 1 < plan.steps.length && (phase === 'Preparing' || IN_STEP.has(phase))
}

function dropCanary(world: World): void {
  edit(world, 'DestinationRule', (object) => {
    const { subsets = [] } = (object as DestinationRule).spec
    const others = subsets.filter(({ name }) => name !== world.state?.canary?.subset)
    return withoutMark({ ...object, spec: { ...object.spec, subsets: others } } as MeshObject)
  })
}

function strip(world: World): void {
  world.releaseChecks.onStripped()
  edit(world, 'VirtualService', (object) => withoutMark(object))
}

function replaceByGit(world: World): void {
  const git = gitVirtualService(world.scenery)
  world.strangeNames.add('v1')
  world.releaseChecks.onStripped()
  edit(world, git.kind, (object) => {
    const { annotations: _old, ...metadata } = object.metadata
    const { annotations } = git.metadata
    const kept = { ...metadata, ...(annotations && { annotations }) }
    return { ...object, metadata: kept, spec: git.spec } as MeshObject
  })
}

function withoutMark(object: MeshObject): MeshObject {
  const { [MARK_ANNOTATION]: _mark, ...annotations } = object.metadata.annotations ?? {}
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** 90/10, whatever the route had. */
function moveWeights(world: World): void {
  const { stable, canary } = world.state ?? {}
  const { fullHost, share = 100 } = world.scenery
  const host = fullHost ? 'reviews.shop.svc.cluster.local' : 'reviews'
  const ours = [to(stable?.subset, share - 10, host), to(canary?.subset, 10, host)]
  for (const { destination } of ours) world.strangeNames.add(destination.subset ?? '')
  editRoute(world, (route) => ({ ...route, route: [...foreignIn(route), ...ours] }))
}

function foreignIn(route: HttpRoute): RouteDestination[] {
  return (route.route ?? []).filter(({ destination }) => !destination.host.startsWith('reviews'))
}

function heavier(entry: RouteDestination): RouteDestination {
  const isOurs = entry.destination.host.startsWith('reviews')
  return isOurs ? entry : { ...entry, weight: (entry.weight ?? 0) + 1 }
}

function addOwnRoute(world: World): void {
  world.strangeNames.add('v1')
  addRoute(world, { match: [{ uri: { prefix: '/new' } }], route: [to('v1')] })
}

function addRoute(world: World, route: HttpRoute): void {
  edit(world, 'VirtualService', (object) => {
    const { http = [] } = (object as VirtualService).spec
    const added = { name: `new-${http.length}`, ...route }
    return { ...object, spec: { ...object.spec, http: [added, ...http] } } as MeshObject
  })
}

function editRoute(world: World, change: (route: HttpRoute) => HttpRoute): void {
  edit(world, 'VirtualService', (object) => {
    const service = object as VirtualService
    const managed = routeOf(service)
    const http = service.spec.http?.map((route) => (route === managed ? change(route) : route))
    return { ...object, spec: { ...object.spec, http } } as MeshObject
  })
}

function edit(world: World, kind: MeshObject['kind'], change: (object: MeshObject) => MeshObject): void {
  if (world.store.read(kind, ROLLOUT)) world.store.change<MeshObject>(kind, ROLLOUT, change)
}

import { DURATION_PATTERN, durationMs } from '../../api/quantities.ts'
import type { Finding } from '../machine/state.ts'
import { sharesOf } from '../traffic/route.ts'
import { fullHost } from '../traffic/hosts.ts'
import { subsetName } from '../traffic/subsets.ts'
import type { DestinationRule, VirtualService } from '../traffic/types.ts'
import { objectChecks } from './object-checks.ts'
import { faultChecks } from './fault-checks.ts'
import { fieldOf } from './planned.ts'
import { groundOf, preflight } from './preflight.ts'
import type { Clearance } from './preflight.ts'
import { routeChecks } from './route-checks.ts'
import type { Scene } from './scene.ts'

/** What of a scene is not known, as opposed to known to be absent. */
export interface Gaps {
  readonly service: boolean
  /** Places in the plan. */
  readonly virtualServices: readonly number[]
  readonly destinationRule: boolean
  /** Nobody can say which versions have workloads, besides those in the scene. */
  readonly workloads: boolean
  /** Nobody can say which pods are ready. */
  readonly pods: boolean
  /** Prometheus was not asked. */
  readonly metrics: boolean
}

/** What preflight will say, as far as that can be told. */
export interface Foresight {
  readonly findings: readonly Finding[]
  /** Absent where too much is unknown for a verdict. */
  readonly clearance?: Clearance
}

/**
 * What preflight will say of a release, by preflight's own checks. What is unknown is taken to be in order: it gives no
 * finding.
 */
export function foresee(scene: Scene, gaps: Gaps): Foresight {
  const assumed = assume(scene, gaps)
  if (gaps.virtualServices.length === 0 && !gaps.destinationRule) {
    const clearance = preflight(assumed)
    return { findings: clearance.kind === 'Refused' ? clearance.findings : [], clearance }
  }
  const findings = objectChecks(assumed).filter((finding) => !isAboutUnknown(finding, gaps))
  const ground = groundOf(assumed)
  if (findings.length > 0 || ground === undefined) return { findings }
  const route = routeChecks(ground)
  return { findings: route.length > 0 ? route : faultChecks(assumed).required }
}

function isAboutUnknown({ reason, message }: Finding, { virtualServices }: Gaps): boolean {
  if (reason !== 'VirtualServiceNotFound') return false
  return virtualServices.some((place) => message.startsWith(`${fieldOf(place)}.`))
}

/** The scene with something in every gap that no check objects to. */
function assume(scene: Scene, gaps: Gaps): Scene {
  const service = gaps.service
    ? { ...serviceOf(scene), selector: { app: scene.plan.service } }
    : scene.service
  const destinationRule = gaps.destinationRule ? assumedRule(scene) : scene.destinationRule
  const versions = gaps.workloads ? [...scene.versions, scene.version] : scene.versions
  return {
    ...scene,
    service,
    destinationRule,
    versions,
    readyPods: gaps.pods ? assumedPods(scene, destinationRule) : scene.readyPods,
    metrics: gaps.metrics ? assumedMetrics(scene) : scene.metrics,
  }
}

function serviceOf({ rollout, plan }: Scene): { namespace: string; name: string } {
  return { namespace: rollout.namespace, name: plan.service }
}

/** A DestinationRule that knows all subsets that the routes name. */
function assumedRule(scene: Scene): DestinationRule {
  const service = serviceOf(scene)
  const there = scene.virtualServices.filter((object) => object !== undefined)
  const named = there.flatMap((object) => subsetsNamed(object, scene))
  const subsets = [...new Set(named)].map((name) => {
    const version = name === subsetName(scene.version) ? scene.version : name
    return { name, labels: { [scene.plan.versionLabel]: version } }
  })
  const metadata = { namespace: service.namespace, name: scene.plan.destinationRule }
  const spec = { host: fullHost(service), subsets }
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata, spec }
}

function subsetsNamed(object: VirtualService, scene: Scene): string[] {
  const routes = object.spec.http ?? []
  const shares = routes.flatMap((route) => sharesOf(object, route, serviceOf(scene)))
  return shares.flatMap(({ subset }) => subset ?? [])
}

/** For a comparison any boundary will do. */
const ANY_BOUNDARY_MS = 100

/** A ready pod of every version that anybody speaks of. */
function assumedPods(scene: Scene, rule: DestinationRule | undefined): Record<string, number> {
  const { plan, version, initialVersion, status } = scene
  const selected = rule?.spec.subsets?.map(({ labels }) => labels?.[plan.versionLabel]) ?? []
  const versions = [...selected, version, initialVersion, status.stableVersion]
  return Object.fromEntries(versions.flatMap((one) => (one === undefined ? [] : [[one, 1]])))
}

function assumedMetrics({ plan }: Scene): Scene['metrics'] {
  const latencies = plan.metrics.filter(({ istio }) => istio === 'Latency')
  const limits = latencies.map(({ max }) => (max === undefined ? ANY_BOUNDARY_MS : durationMs(max)))
  const expected = (plan.faults ?? []).flatMap(({ expect = [] }) => expect.map(({ max }) => max))
  const expectedMs = expected.filter((max) => DURATION_PATTERN.test(max)).map(durationMs)
  return { scraped: true, boundariesMs: latencies.length > 0 ? [...limits, ...expectedMs] : limits }
}

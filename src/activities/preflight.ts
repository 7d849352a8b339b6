import { activityInfo } from '@temporalio/activity'
import { keyOf } from '../api/names.ts'
import type { RolloutStatus } from '../api/v1alpha1/status.ts'
import { durationMs } from '../api/quantities.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { transition } from '../core/machine/transition.ts'
import { attributed } from '../core/analysis/attribution.ts'
import type { LabeledSeries } from '../core/analysis/istio.ts'
import { scrapeIntervalMs } from '../core/analysis/look-end.ts'
import { optionalNotes } from '../core/policy/fault-checks.ts'
import { readyByVersion } from '../core/policy/pods.ts'
import { preflight } from '../core/policy/preflight.ts'
import { metricNotes } from '../core/policy/readiness.ts'
import type { Clearance } from '../core/policy/preflight.ts'
import type { MetricsScene, Scene, SelectingWorkload, TrackedWorkload } from '../core/policy/scene.ts'
import { fullHost } from '../core/traffic/hosts.ts'
import { gitOpsManagersOf, remedyFor } from '../core/traffic/remedies.ts'
import type { DestinationRule, VirtualService } from '../core/traffic/types.ts'
import { AccessError, withNamed } from './named-prometheus.ts'
import { questionFindings } from './question-findings.ts'
import { ProviderError } from '../ports.ts'
import type { PodView, Ports, ServiceView, WorkloadView } from '../ports.ts'
import { attributionFor, routeRefs, ruleRef, serviceOf } from './context.ts'
import { currentWorkflow } from './perform.ts'
import type { Outcome } from './perform.ts'
import { rehearseFaults } from './fault-rehearsal.ts'
import { faultSceneOf } from './fault-scene.ts'
import { foreignNotes, tellForeign } from './foreign-faults.ts'
import { rehearse } from './rehearsal.ts'

/** How far back preflight looks for metrics of the service. */
const METRICS_WINDOW_MS = durationMs('5m')

/** Looks whether the release can work. Changes nothing. Throws when another Rollout of the same name is there. */
export async function check(ports: Ports, state: ReleaseState): Promise<Outcome> {
  if (await isGone(ports, state)) {
    return { event: { type: 'Forgotten', seq: state.seq, at: ports.clock.now() } }
  }
  const scene = await gather(ports, state)
  const clearance = await rehearsed(ports, state, scene)
  if (clearance.kind === 'Cleared') {
    await warnOfTools(ports, state)
    await tellNotes(ports, state, scene)
    await tellForeign(ports, state, await foreignNotes(ports, state))
  }
  const event = eventOf(clearance, state, ports.clock.now())
  return { event, isOvertaken: overtaking(state), ...(clearance.kind === 'Cleared' && { quiet: true }) }
}

/**
 * The fence of a preflight. Its result goes above all sequences in the cluster, so these do not tell whether a later one
 * of the same workflow, after a change of the spec or of an object, was faster. From the second attempt on what stands
 * there may as well be of the first.
 */
function overtaking({ seq }: ReleaseState): (status: RolloutStatus) => boolean {
  const isFirst = activityInfo().attempt === 1
  const runId = currentWorkflow()?.runId
  return ({ workflow, release }) => isFirst && workflow?.runId === runId && (release?.seq ?? 0) > seq
}

/** What preflight says; where all is in order it asks the API server, too, whether it would take the writes. */
async function rehearsed(ports: Ports, state: ReleaseState, scene: Scene): Promise<Clearance> {
  const clearance = preflight(scene)
  if (clearance.kind !== 'Cleared') return clearance
  const next = transition(state, eventOf(clearance, state, ports.clock.now()))
  if (next.phase !== 'Preparing') return clearance
  const refusals = [...(await rehearse(ports, next)), ...(await rehearseFaults(ports, scene))]
  return preflight({ ...scene, refusals })
}

/** A Rollout without a finalizer goes without a word: nothing is released for it any more. */
async function isGone(ports: Ports, { rollout }: ReleaseState): Promise<boolean> {
  const seen = ports.store.get(rollout)
  if (seen?.meta.uid === rollout.uid) return false
  // The cache is behind, or else the workflow is about to be told of the other one: either way this is tried again.
  if (seen)
    throw new Error(
      `Rollout ${keyOf(rollout)} with uid ${rollout.uid} is not there, one with uid ${seen.meta.uid} is`,
    )
  let isThere = false
  await ports.store.updateStatus(rollout, () => {
    isThere = true
    return undefined
  })
  return !isThere
}

/** A tool that keeps weights or subsets as Git has them will undo each step: that is told before the first. */
async function warnOfTools(ports: Ports, state: ReleaseState): Promise<void> {
  for (const ref of [...routeRefs(state), ruleRef(state)]) {
    const object = await ports.mesh.read(ref, 'Cached')
    for (const { manager } of object === undefined ? [] : gitOpsManagersOf(object)) {
      const what = ref.kind === 'VirtualService' ? 'weights' : 'subsets'
      const message = `${manager} wrote the ${what} of ${ref.kind} ${keyOf(ref)} and may undo what this release writes. Unless that is settled already:\n${remedyFor(manager, ref) ?? ''}`
      const seq = state.startedAt
      await ports.store.record(state.rollout, { type: 'Warning', reason: 'ManagedElsewhere', message, seq })
    }
  }
}

/** What is in order and yet not quite what was asked for. */
async function tellNotes(ports: Ports, state: ReleaseState, scene: Scene): Promise<void> {
  const { rollout, startedAt: seq } = state
  for (const message of metricNotes(scene))
    await ports.store.record(rollout, { type: 'Warning', reason: 'MetricsCoarse', message, seq })
  for (const message of optionalNotes(scene))
    await ports.store.record(rollout, { type: 'Warning', reason: 'ProbeUnfit', message, seq })
}

function eventOf(clearance: Clearance, state: ReleaseState, at: number): ResultEvent {
  const { kind, ...rest } = clearance
  return { type: kind, seq: state.seq, at, ...rest } as ResultEvent
}

/** Reads all that preflight decides on. */
async function gather(ports: Ports, state: ReleaseState): Promise<Scene> {
  const { rollout, plan, wanted } = state
  const raw = ports.store.get(rollout)
  const service = ports.workloads.service(serviceOf(state))
  const pods = service ? ports.workloads.pods(rollout.namespace, service.selector) : []
  const workloads = service ? ports.workloads.workloads(rollout.namespace, service.selector) : []
  const faults = faultSceneOf(ports, state, service)
  return {
    rollout,
    plan,
    version: wanted.version,
    initialVersion: initialVersionOf(raw?.spec),
    status: raw?.status ?? {},
    service,
    virtualServices: (await Promise.all(
      routeRefs(state).map(async (ref) => ports.mesh.read(ref, 'Cached')),
    )) as (VirtualService | undefined)[],
    destinationRule: (await ports.mesh.read(ruleRef(state), 'Cached')) as DestinationRule | undefined,
    destinationRules: ports.mesh.destinationRules(),
    namespaceLabels: ports.workloads.namespace(rollout.namespace)?.labels ?? {},
    rollouts: ports.store.list(),
    readyPods: readyByVersion(pods, plan.versionLabel),
    workloads: selectingOf(workloads, plan.versionLabel),
    tracked: trackedOf(workloads, plan.versionLabel),
    versions: versionsOf(pods, workloads, plan.versionLabel),
    ...(faults && { faults }),
    metrics: await metricsScene(withNamed(ports, state), state, service),
  }
}

function initialVersionOf(spec: unknown): string | undefined {
  const initial = (spec as { initialVersion?: unknown } | undefined)?.initialVersion
  return typeof initial === 'string' ? initial : undefined
}

function versionsOf(pods: readonly PodView[], workloads: readonly WorkloadView[], label: string): string[] {
  const labels = [...pods.map((pod) => pod.labels), ...workloads.map((workload) => workload.podLabels)]
  const versions = labels.flatMap((set) => set[label] ?? [])
  return [...new Set(versions)].toSorted()
}

function selectingOf(workloads: readonly WorkloadView[], label: string): SelectingWorkload[] {
  return workloads.flatMap(({ podLabels, selector, resource, name }) => {
    const version = podLabels[label]
    return version === undefined ? [] : [{ version, name: `${resource}/${name}`, podLabels, selector }]
  })
}

function trackedOf(workloads: readonly WorkloadView[], label: string): TrackedWorkload[] {
  return workloads.flatMap(({ podLabels: { [label]: version }, resource, name, trackedBy: by }) =>
    version === undefined || by === undefined ? [] : [{ version, name: `${resource}/${name}`, by }],
  )
}

async function metricsScene(
  ports: Ports,
  state: ReleaseState,
  service: ServiceView | undefined,
): Promise<MetricsScene> {
  const said = await metricsOf(ports, state, service)
  return { ...said, findings: await questionFindings(ports, state) }
}

async function metricsOf(
  ports: Ports,
  state: ReleaseState,
  service: ServiceView | undefined,
): Promise<MetricsScene> {
  if (service === undefined) return { scraped: false, boundariesMs: [] }
  const toMs = ports.clock.now()
  const query = { service: fullHost(service), fromMs: toMs - METRICS_WINDOW_MS, toMs }
  try {
    const [requests, latencies] = await Promise.all([
      ports.metrics.requests(query),
      ports.metrics.latencies(query),
    ])
    const boundaries = new Set(
      latencies.flatMap((series) => (Number.isFinite(series.le) ? [series.le ?? 0] : [])),
    )
    const known = attributed(requests, attributionFor(ports, state)).flatMap(({ version }) => version || [])
    return {
      scraped: requests.length > 0,
      versions: [...new Set(known)].toSorted(),
      boundariesMs: [...boundaries].toSorted((a, b) => a - b),
      ...spacingOf(requests, latencies),
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error instanceof AccessError)
      return { accessProblem: error.message, scraped: false, boundariesMs: [] }
    return { problem: error.message, scraped: false, boundariesMs: [] }
  }
}

/** How far apart scrapes are, and boundaries of native histograms. */
function spacingOf(
  requests: readonly LabeledSeries[],
  latencies: readonly LabeledSeries[],
): Pick<MetricsScene, 'growth' | 'scrapeMs'> {
  const scrapeMs = scrapeIntervalMs(requests)
  const growth = latencies.find((series) => series.growth !== undefined)?.growth
  return { ...(scrapeMs !== undefined && { scrapeMs }), ...(growth !== undefined && { growth }) }
}

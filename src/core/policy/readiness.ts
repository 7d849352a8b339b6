import { durationMs, durationText } from '../../api/quantities.ts'
import { heldAt } from '../analysis/native-histogram.ts'
import type { Finding } from '../machine/state.ts'
import type { Plan } from '../plan.ts'
import type { MetricsScene, Scene } from './scene.ts'
import { selects } from './selector.ts'

/** Findings about the pods of both versions. */
export function podChecks(scene: Scene, stable: string, adopt: boolean): Finding[] {
  return [
    stableIsNotReady(scene, stable, adopt),
    canaryIsMissing(scene),
    workloadsOverlap(scene, stable),
    stableIsTracked(scene, stable),
  ].flatMap((found) => found ?? [])
}

/** Findings about Prometheus and the metrics it has. */
export function metricChecks(scene: Scene, stable: string): Finding[] {
  const own = scene.metrics.findings ?? []
  const { accessProblem } = scene.metrics
  if (accessProblem !== undefined) {
    const message = `spec.analysis.prometheus: ${accessProblem}`
    return [{ reason: 'PrometheusAccessUnusable', message }, ...own]
  }
  if (!scene.plan.metrics.some(({ istio }) => istio !== undefined)) return [...own]
  const unread = metricsAreMissing(scene) ?? metricsAreAnonymous(scene, stable)
  return unread ? [unread, ...own] : [...boundariesAreMissing(scene), ...own]
}

/** Findings about the writes that the release begins with. */
export function writeChecks({ refusals = [] }: Scene): Finding[] {
  return refusals.map(({ object, problem }) => ({
    reason: 'WriteRefused',
    message: `${object} could not be written: ${problem}; nothing was touched. Give Sluice the right, or change what refuses it`,
  }))
}

function stableIsNotReady(scene: Scene, stable: string, adopt: boolean): Finding | undefined {
  if (adopt || (scene.readyPods[stable] ?? 0) > 0) return undefined
  const message = `no pod of ${stable}, which users have, is ready; there is nothing to compare with or to go back to`
  return { reason: 'StableNotReady', message }
}

function canaryIsMissing({ version, versions, plan }: Scene): Finding | undefined {
  if (versions.includes(version)) return undefined
  const seen = versions.length > 0 ? versions.join(', ') : 'none'
  const message = `spec.version: no pod or workload of Service ${plan.service} has the label ${plan.versionLabel}=${version}; found: ${seen}`
  return { reason: 'CanaryNotFound', message }
}

/** Its autoscaler and whoever else asks it for its pods would count those of both versions. */
function workloadsOverlap({ version, workloads = [], plan }: Scene, stable: string): Finding | undefined {
  const both = workloads.filter((one) => one.version === stable || one.version === version)
  for (const { name, selector, version: own } of both) {
    const other = both.find(
      ({ podLabels, version: theirs }) =>
        theirs !== own && selector !== undefined && selects(selector, podLabels),
    )
    if (other === undefined) continue
    const message = `the selector of ${name} also means the pods of ${other.version}, which are those of ${other.name}; add ${plan.versionLabel}: ${own} to its spec.selector`
    return { reason: 'WorkloadsOverlap', message }
  }
  return undefined
}

function stableIsTracked({ plan, tracked = [] }: Scene, stable: string): Finding | undefined {
  const first = tracked.find(({ version }) => version === stable)
  if (first === undefined || plan.retirePolicy !== 'Delete') return undefined
  const message = `spec.retire.policy: Delete would delete ${first.name}, which ${first.by} tracks and would bring back; use ScaleToZero or Keep`
  return { reason: 'WorkloadTracked', message }
}

function metricsAreMissing({ metrics, plan }: Scene): Finding | undefined {
  if (metrics.problem !== undefined) {
    return { reason: 'PrometheusUnreachable', message: `Prometheus cannot be read: ${metrics.problem}` }
  }
  if (metrics.scraped) return undefined
  const message = `Prometheus has no istio_requests_total of Service ${plan.service}; scrape its callers' proxies, and send it some traffic`
  return { reason: 'MetricsMissing', message }
}

/** A canary that could not be told from others would be waited for in vain. */
function metricsAreAnonymous({ metrics, plan, version }: Scene, stable: string): Finding | undefined {
  const { versions = [stable] } = metrics
  if (versions.includes(stable) || versions.includes(version)) return undefined
  const seen = versions.length > 0 ? `of ${versions.join(', ')}` : 'without a version'
  const message = `Prometheus has requests to Service ${plan.service} ${seen}, and none of ${stable}, which users have: they are told apart by destination_version when the label is version, else by destination_workload; label the pods in the template of each workload (spec.template.metadata.labels: ${plan.versionLabel}: ${stable}), which starts them anew, and keep these labels of Istio's metrics`
  return { reason: 'MetricsAnonymous', message }
}

/** What Prometheus has that is coarser than what was asked for, with what follows: a sentence each. */
export function metricNotes({ metrics, plan }: Scene): string[] {
  return [...slowScrapes(metrics, plan), ...heldElsewhere(metrics, plan)]
}

function slowScrapes({ scrapeMs = 0 }: MetricsScene, { intervalMs }: Plan): string[] {
  if (scrapeMs <= intervalMs * UNEVEN) return []
  const every = durationText(scrapeMs)
  return [
    `spec.analysis.interval: ${durationText(intervalMs)} is shorter than the time between two scrapes of Prometheus, which is ${every}: a look brings something new every ${every} only, and a bad canary is found no sooner; scrape the proxies more often, or set an interval of ${every} or more`,
  ]
}

function heldElsewhere({ growth, boundariesMs }: MetricsScene, { metrics }: Plan): string[] {
  return metrics.flatMap(({ istio, max }, index) => {
    if (istio !== 'Latency' || max === undefined || isMeasured(max, { boundariesMs })) return []
    const at = heldAt(durationMs(max), growth)
    if (at === undefined || at === durationMs(max)) return []
    return [
      `spec.analysis.metrics[${index}].max: the native histogram has no boundary at ${max}; it is held at ${at}ms, the nearest one below, so that it is never laxer`,
    ]
  })
}

/** Scrapes are a little early or late. */
const UNEVEN = 1.1

function boundariesAreMissing({ metrics, plan }: Scene): Finding[] {
  return plan.metrics.flatMap(({ istio, max }, index) => {
    if (istio !== 'Latency' || isMeasured(max, metrics)) return []
    const field = `spec.analysis.metrics[${index}]`
    const there = metrics.boundariesMs.map((ms) => `${ms}ms`).join(', ')
    const message =
      max === undefined || there === ''
        ? `${field}: there is no latency histogram of the service; Prometheus must scrape istio_request_duration_milliseconds`
        : `${field}.max: the latency histogram has no boundary at ${max}; allowed: ${there}; others come with the pod annotation sidecar.istio.io/statsHistogramBuckets`
    return [{ reason: 'BoundaryMissing', message }]
  })
}

/** Has the latency histogram a boundary at the limit? Without a limit any boundary will do. */
export function isMeasured(
  max: string | undefined,
  { boundariesMs, growth }: Pick<MetricsScene, 'boundariesMs' | 'growth'>,
): boolean {
  if (max === undefined) return boundariesMs.length > 0
  const limitMs = durationMs(max)
  return boundariesMs.includes(limitMs) || heldAt(limitMs, growth) !== undefined
}

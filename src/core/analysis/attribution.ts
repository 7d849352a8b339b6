import type { LabeledSeries } from './istio.ts'

/** Where Istio's proxies find the `destination_version` of their metrics: in the label `version` of the pod … */
const VERSION_LABEL = 'version'
/** … unless the pod has this one, which newer proxies prefer to it. */
const QUALIFIED_VERSION_LABEL = 'app.kubernetes.io/version'

/** A workload of the service. */
interface Workload {
  readonly name: string
  /** Labels of its pod template. */
  readonly podLabels: Readonly<Record<string, string>>
}

/** Versions by name of the workload. */
export type Attribution = Readonly<Record<string, string>>

/**
 * How to tell whose requests they are. Undefined where `destination_version` is what the version label says; else it is
 * of no use, and the name of the workload tells. A name of several versions tells nothing.
 */
export function attributionOf(versionLabel: string, workloads: readonly Workload[]): Attribution | undefined {
  const isVersion =
    versionLabel === VERSION_LABEL && !workloads.some(({ podLabels }) => contradicts(podLabels))
  if (isVersion) return undefined
  const versions = new Map<string, string>()
  for (const { name, podLabels } of workloads) {
    const version = podLabels[versionLabel] ?? ''
    versions.set(name, (versions.get(name) ?? version) === version ? version : '')
  }
  return Object.fromEntries(versions)
}

function contradicts({
  [VERSION_LABEL]: version,
  [QUALIFIED_VERSION_LABEL]: qualified,
}: Workload['podLabels']) {
  return qualified !== undefined && qualified !== version
}

/** The series, each of the version that the attribution says; that of an unknown workload is nobody's. */
export function attributed(
  series: readonly LabeledSeries[],
  attribution: Attribution | undefined,
): readonly LabeledSeries[] {
  if (attribution === undefined) return series
  return series.map((one) => ({ ...one, version: attribution[one.workload ?? ''] ?? '' }))
}

import { join } from 'node:path'

// A subset's name is the version, to which Sluice appends a dash and a hash: seven digits of base 36 for a number
// of 32 bits, so the first is 0 or 1. Istio's own telemetry has labels of the pod instead: see SubsetPods.
const version = String.raw`(.+?)(?:-[01][0-9a-z]{6})?`
const service = String.raw`([^.]+)\.([^.]+)\.svc\.cluster\.local`
const outbound = (subset: string, host: string): string => String.raw`outbound\|\d+\|${subset}\|${host}`

/** Pods of a subset whose labels its name does not tell. */
export interface SubsetPods {
  /** Full mesh host of the service. */
  host: string
  subset: string
  /** The version that Istio would report; absent: unknown. */
  version?: string
  workload: string
}

/** Version and workload, as the relabeling makes them of a subset's name. */
export function guessOf(subset: string, ofService: string): { version: string; workload: string } {
  const found = new RegExp(`^${version}$`).exec(subset)?.[1] ?? subset
  return { version: found, workload: `${ofService}-${found}` }
}

/** A target in Prometheus' file_sd format. */
export interface ScrapeTarget {
  targets: string[]
  labels: Record<string, string>
}

/**
 * The scrape target of an Envoy.
 * @param admin host:port of its admin interface
 * @param labels of all its series, e.g. `source_workload`
 */
export function envoyTarget(admin: string, labels: Record<string, string>): ScrapeTarget {
  // As with Istio's, a series begins with what it counts. A label without a value is none to Prometheus.
  const how = { __metrics_path__: '/stats/prometheus', __param_usedonly: 'true' }
  return { targets: [admin], labels: { ...how, ...labels } }
}

/**
 * Prometheus' configuration: Envoys are scraped each second, and their statistics of upstream clusters and of
 * injected faults renamed to the metrics that Istio's telemetry would give.
 * @param gatewayAdmin host:port of the gateway's admin interface; undefined: there is none of ours
 * @param targets folder of further targets, files in file_sd format; see {@link envoyTarget}
 * @param pods of subsets whose names tell something else
 */
export function prometheusConfig(
  gatewayAdmin: string | undefined,
  targets: string,
  pods: readonly SubsetPods[] = [],
): object {
  const relabelings = istioMetrics(pods)
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    scrape_configs: [
      ...(gatewayAdmin === undefined ? [] : [gatewayJob(gatewayAdmin, relabelings)]),
      {
        job_name: 'registered',
        file_sd_configs: [{ files: [join(targets, '*.json')], refresh_interval: '10s' }],
        metric_relabel_configs: relabelings,
      },
    ],
  }
}

function gatewayJob(admin: string, relabelings: Relabeling[]): object {
  return {
    job_name: 'istio-ingressgateway',
    static_configs: [envoyTarget(admin, gatewaySource)],
    metric_relabel_configs: relabelings,
  }
}

const gatewaySource = {
  source_workload: 'istio-ingressgateway',
  source_workload_namespace: 'istio-system',
}

interface Relabeling {
  source_labels?: string[]
  regex: string
  action?: 'drop' | 'labeldrop'
  target_label?: string
  replacement?: string
}

// Calls to a pod that its own proxy counts: the target's labels, which tell of the pod, are those of the destination.
// Istio's proxies tell each other who calls; stock ones don't. A service has the name of its pods' label `app` here.
const asDestination: Relabeling[] = [
  ofInbound([], 'reporter', 'destination'),
  ofInbound(['source_version'], 'destination_version', '$1'),
  ofInbound(['source_workload'], 'destination_workload', '$1'),
  ofInbound(['source_app', 'source_workload_namespace'], 'destination_service', '$1.$2.svc.cluster.local'),
  ofInbound(['source_app'], 'destination_service_name', '$1'),
  ofInbound(['source_workload_namespace'], 'destination_service_namespace', '$1'),
  ...['version', 'workload', 'workload_namespace', 'app'].map((name) =>
    ofInbound([], `source_${name}`, 'unknown'),
  ),
]

/** What Envoy does on purpose, in its words, and the flag by which Istio tells it. */
const FAULTS = { aborts: 'FI', delays: 'DI' }

/**
 * Requests that met a fault. All that Envoy tells is how many did at a listener: neither whom they were for, nor the answer.
 * So they are nobody's requests, and their code is `0`, Istio's for one without an answer: never taken for an answer of
 * the service. With Istio's telemetry a fault is a label of the request instead: `FI` has the code of the abort and
 * mostly the service, never version or workload; `DI` is the request that was sent on late, which is here a series of its
 * own beside the one without a flag; and a request that met both has `DI,FI`.
 */
const fromFaults: Relabeling[] = [
  ...Object.entries(FAULTS).map(([fault, flag]) => ofFault('response_flags', flag, fault)),
  ofFault('reporter', 'source'),
  ofFault('response_code', '0'),
  ...['service', 'service_name', 'service_namespace', 'version', 'workload'].map((name) =>
    ofFault(`destination_${name}`, 'unknown'),
  ),
  ofFault('__name__', 'istio_requests_total'),
]

const istioMetrics = (pods: readonly SubsetPods[]): Relabeling[] => [
  // Envoy counts each request a second time by class of its code.
  { source_labels: ['__name__', 'response_code'], regex: 'envoy_cluster_upstream_rq;', action: 'drop' },
  // Other clusters than those of services: istiod's own, and those of calls that belong to none.
  {
    source_labels: ['__name__', 'cluster_name'],
    regex: String.raw`envoy_cluster_upstream_rq.*;([^io].*|)`,
    action: 'drop',
  },
  fromCluster('.*', '.+', 'reporter', 'source'),
  fromCluster('.*', '.+', 'destination_version', 'unknown'),
  fromCluster('.*', '.+', 'destination_workload', 'unknown'),
  fromCluster(version, '.+', 'destination_version', '$1'),
  fromCluster(version, service, 'destination_workload', '$2-$1'),
  ...pods.flatMap(fromPods),
  fromCluster('.*', '(.+)', 'destination_service', '$1'),
  fromCluster('.*', service, 'destination_service_name', '$1'),
  fromCluster('.*', service, 'destination_service_namespace', '$2'),
  ...asDestination,
  // Also where Istio knows more, such as UH without an endpoint: a cluster's statistics tell codes alone.
  { source_labels: ['cluster_name'], regex: '.+', target_label: 'response_flags', replacement: '-' },
  ...fromFaults,
  rename('envoy_cluster_upstream_rq', 'istio_requests_total'),
  rename('envoy_cluster_upstream_rq_time_(bucket|sum|count)', 'istio_request_duration_milliseconds_$1'),
  { regex: 'cluster_name', action: 'labeldrop' },
]

function fromCluster(subset: string, host: string, label: string, value: string): Relabeling {
  return {
    source_labels: ['cluster_name'],
    regex: outbound(subset, host),
    target_label: label,
    replacement: value,
  }
}

function fromPods({ host, subset, version: told = 'unknown', workload }: SubsetPods): Relabeling[] {
  const exact = host.replaceAll('.', String.raw`\.`)
  return [
    fromCluster(subset, exact, 'destination_version', told),
    fromCluster(subset, exact, 'destination_workload', workload),
  ]
}

function ofInbound(from: string[], label: string, value: string): Relabeling {
  return {
    source_labels: ['cluster_name', ...from],
    regex: [String.raw`inbound\|.*`, ...from.map(() => '(.+)')].join(';'),
    target_label: label,
    replacement: value,
  }
}

/** @param fault of FAULTS; default: any */
function ofFault(label: string, value: string, fault = Object.keys(FAULTS).join('|')): Relabeling {
  const regex = `envoy_http_fault_(${fault})_injected`
  return { source_labels: ['__name__'], regex, target_label: label, replacement: value }
}

function rename(from: string, to: string): Relabeling {
  return { source_labels: ['__name__'], regex: from, target_label: '__name__', replacement: to }
}

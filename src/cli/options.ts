import { Option } from '@commander-js/extra-typings'

/** Options that all commands about a cluster have. */
export const NAMESPACE = new Option(
  '-n, --namespace <name>',
  "namespace of the Rollout (default: the context's namespace)",
)
export const KUBECONFIG = new Option(
  '--kubeconfig <file>',
  'kubeconfig of the cluster (default: KUBECONFIG, then ~/.kube/config)',
)
export const CONTEXT = new Option(
  '--context <name>',
  'context of the kubeconfig (default: its current context)',
)

/** Option of all commands that ask before they write. */
export const YES = new Option('-y, --yes', 'ask nothing')

/** Options that all commands about files have. */
export const CLUSTER = new Option(
  '--cluster',
  'take what the files lack from the cluster (also meant by --kubeconfig and --context)',
)
export const RECURSIVE = new Option('-R, --recursive', 'also the folders within folders')
export const FILE_NAMESPACE = new Option(
  '-n, --namespace <name>',
  "namespace of objects that name none (default: with a cluster the context's, else default)",
)

/** Option of all commands that ask Prometheus. */
export const PROMETHEUS = new Option(
  '--prometheus <url>',
  'base URL of Prometheus (default: SLUICE_PROMETHEUS_URL, then http://127.0.0.1:9090)',
)

/** Option of all commands that ask Temporal. */
export const TEMPORAL = new Option(
  '--temporal <address>',
  'host:port of Temporal (default: SLUICE_TEMPORAL_ADDRESS, then 127.0.0.1:7233)',
)

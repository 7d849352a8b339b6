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

import type { Brought } from './up.ts'

/** What somebody can do with a sandbox on an existing cluster, as whole commands. */
export function describeExisting({ settings, demo, targets, state }: Brought): string {
  const exports = Object.entries(settings).map(([name, value]) => `  export ${name}=${value}`)
  return [
    '\nThe cluster is ready. Run Sluice on this machine:',
    ...exports,
    '  npm run sluice -- run',
    ...(targets === undefined ? [] : ['', ...ownPrometheus(targets)]),
    '\nRelease something, in another terminal:',
    `  export KUBECONFIG=${settings['KUBECONFIG']}`,
    ...(demo === undefined ? ownRollout : demoRollout(demo)),
    '\nTake back what was brought, and nothing else:',
    `  npm run sandbox -- down --state ${state}`,
  ].join('\n')
}

const ownRollout = ['  kubectl apply -f FILE   # a Rollout, as in docs/guides/first-rollout.md']

function demoRollout(namespace: string): string[] {
  return [
    `  kubectl patch slr reviews -n ${namespace} --type=merge -p '{"spec":{"version":"v2"}}'`,
    `  npm run sluice -- watch reviews -n ${namespace}`,
  ]
}

function ownPrometheus(targets: string): string[] {
  return [
    'Its Prometheus scrapes nothing yet. Either give --prometheus, or let it scrape a proxy that you forward, such as',
    '  kubectl -n istio-system port-forward deploy/istio-ingressgateway 15090',
    `  echo '[{"targets":["127.0.0.1:15090"],"labels":{"__metrics_path__":"/stats/prometheus"}}]' > ${targets}/gateway.json`,
  ]
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubeconfigPath } from './credentials.ts'
import { dataFolder, local, type Part } from './part.ts'
import { probe } from './probe.ts'

/**
 * What a workload needs, and nothing that expects nodes. No controller of EndpointSlices: istiod takes
 * the endpoints from WorkloadEntries. No garbage collection of pods: it would delete them as pods of unknown nodes.
 */
const controllers = [
  'clusterrole-aggregation-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'horizontal-pod-autoscaler-controller',
  'namespace-controller',
  'replicaset-controller',
  'serviceaccount-controller',
  'statefulset-controller',
  'validatingadmissionpolicy-status-controller',
]

export const kubeControllerManager: Part = {
  name: 'kube-controller-manager',
  ports: ['controllerManager'],
  graceMs: 5_000,
  endpoint: ({ ports }) => `https://${local(ports.controllerManager)}`,
  launch: (site, { programs }) => ({
    command: programs['kube-controller-manager'],
    args: [
      `--kubeconfig=${kubeconfigPath(site.state)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${site.ports.controllerManager}`,
      `--cert-dir=${dataFolder(site, 'kube-controller-manager')}`,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      // Releases here take seconds, and so must autoscalers: minutes are their usual pace.
      '--horizontal-pod-autoscaler-sync-period=2s',
      '--horizontal-pod-autoscaler-downscale-stabilization=5s',
      '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
      '--horizontal-pod-autoscaler-cpu-initialization-period=1s',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      '--profiling=false',
    ],
  }),
  async check(site) {
    const ca = readFileSync(
      join(dataFolder(site, 'kube-controller-manager'), 'kube-controller-manager.crt'),
      'utf8',
    )
    await probe(`https://${local(site.ports.controllerManager)}/healthz`, { ca })
  },
}

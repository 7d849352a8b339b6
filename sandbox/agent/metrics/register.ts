import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node'
import { applyObjects } from '../../manifests/index.ts'

const NAME = 'sandbox-metrics'
const NAMESPACE = 'kube-system'

/**
 * Has the API server hand questions for resource metrics on to a port of this machine.
 * @throws the API server's error
 */
export async function registerMetrics(config: KubeConfig, port: number): Promise<void> {
  await applyObjects(config, metricsObjects(port))
}

function metricsObjects(port: number): KubernetesObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: NAMESPACE },
      // The API server connects to the name itself; endpoints could not be loopback addresses.
      spec: { type: 'ExternalName', externalName: 'localhost' },
    } as KubernetesObject,
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        service: { name: NAME, namespace: NAMESPACE, port },
        // The certificate is for 127.0.0.1, not for the name of the Service.
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    } as KubernetesObject,
  ]
}

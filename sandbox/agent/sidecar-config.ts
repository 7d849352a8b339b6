import type { V1Pod } from '@kubernetes/client-node'
import type { SandboxEnv } from '../env.ts'
import { envoyBootstrap } from '../parts/envoy-bootstrap.ts'
import { envoyTarget } from '../parts/prometheus-config.ts'
import { POD_UID_LABEL } from './mesh-objects.ts'

/** A pod's own proxy: where it listens and where it is asked. */
export interface SidecarPlace {
  pod: V1Pod
  address: string
  adminPort: number
  env: Pick<SandboxEnv, 'istiodXds'>
}

/**
 * The bootstrap configuration of a pod's own Envoy. Its name is not the pod's: for a proxy whose pod istiod finds by
 * name it takes the pod's labels, which lack the one that chooses the `Sidecar` resource.
 */
export function sidecarBootstrap({ pod, address, adminPort, env }: SidecarPlace): object {
  const { name = '', namespace = 'default', uid = '', labels = {} } = pod.metadata ?? {}
  return envoyBootstrap({
    kind: 'sidecar',
    address,
    name: `sidecar-of-${name}`,
    namespace,
    labels: { ...labels, [POD_UID_LABEL]: uid },
    adminPort,
    xds: env.istiodXds,
  })
}

/** The entry of Prometheus' file_sd by which the proxy's statistics are read, labelled as Istio's telemetry does. */
export function scrapeTarget({ pod, address, adminPort }: Omit<SidecarPlace, 'env'>): object[] {
  const { name = '', namespace = 'default', labels = {} } = pod.metadata ?? {}
  const source = {
    source_workload: workloadName(pod),
    source_workload_namespace: namespace,
    source_app: labels['app'] ?? 'unknown',
    source_version: labels['version'] ?? 'unknown',
    pod: name,
  }
  return [envoyTarget(`${address}:${adminPort}`, source)]
}

/** The Deployment of a pod, or what else owns it, or itself. */
export function workloadName({ metadata = {} }: V1Pod): string {
  const { name = 'unknown', ownerReferences: [owner] = [], labels = {} } = metadata
  const hash = labels['pod-template-hash']
  return owner ? owner.name.replace(`-${hash}`, '') : name
}

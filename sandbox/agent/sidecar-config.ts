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

/**
 * The entry of Prometheus' file_sd by which the proxy's statistics are read, labelled as Istio's telemetry does for the
 * calls that the pod makes. For those that it is sent the labels name the destination: see prometheusConfig.
 */
export function scrapeTarget({ pod, address, adminPort }: Omit<SidecarPlace, 'env'>): object[] {
  const { name = '', namespace = 'default', labels = {} } = pod.metadata ?? {}
  const source = {
    source_workload: workloadName(pod),
    source_workload_namespace: namespace,
    source_app: labels['app'] ?? 'unknown',
    source_version: versionOf(labels) ?? 'unknown',
    pod: name,
  }
  return [envoyTarget(`${address}:${adminPort}`, source)]
}

/** Labels that Istio's newer proxies take for the version, the one that counts first. */
const VERSION_LABELS = ['app.kubernetes.io/version', 'version']

/** The version of a pod, as its labels tell. */
export function versionOf(labels: Readonly<Record<string, string>>): string | undefined {
  return VERSION_LABELS.map((label) => labels[label]).find((value) => value !== undefined)
}

/** The Deployment of a pod, or what else owns it, or itself. */
export function workloadName({ metadata = {} }: V1Pod): string {
  const { name = 'unknown', ownerReferences: [owner] = [], labels = {} } = metadata
  const hash = labels['pod-template-hash']
  return owner ? owner.name.replace(`-${hash}`, '') : name
}

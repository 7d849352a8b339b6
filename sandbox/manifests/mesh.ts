import type { KubernetesObject } from '@kubernetes/client-node'
import { DEMO_NAMESPACE, DEMO_PORT } from './workloads.ts'

/** An object of Istio's networking group. */
export interface MeshManifest extends KubernetesObject {
  spec: Record<string, unknown>
}

/** Which service and versions a mesh object is about. */
interface DemoRoute {
  name: string
  /** Default `shop`. */
  namespace?: string
}

/** When and how often the caller's proxy tries again, so that the caller does not see it. */
export interface DemoRetries {
  attempts: number
  /** Such as `5xx`. */
  retryOn: string
}

const API_VERSION = 'networking.istio.io/v1'

/** The sandbox's ingress gateway, and the proxies of the pods. */
const GATEWAYS = ['istio-system/sluice-gateway', 'mesh']

/** A DestinationRule with a subset for each version, named as the version; versions must be DNS labels. */
export function demoDestinationRule(rule: DemoRoute & { versions: string[] }): MeshManifest {
  const { name, namespace = DEMO_NAMESPACE, versions } = rule
  const subsets = versions.map((version) => ({ name: version, labels: { version } }))
  return {
    apiVersion: API_VERSION,
    kind: 'DestinationRule',
    metadata: { name, namespace },
    spec: { host: fullHost(name, namespace), subsets },
  }
}

/** A VirtualService with one route, `primary`, from the gateway and the mesh to the subsets of the given weights. */
export function demoVirtualService(
  route: DemoRoute & { weights: Record<string, number>; retries?: DemoRetries },
): MeshManifest {
  const { name, namespace = DEMO_NAMESPACE, weights, retries } = route
  const host = fullHost(name, namespace)
  const destinations = Object.entries(weights).map(([subset, weight]) => ({
    destination: { host, subset, port: { number: DEMO_PORT } },
    weight,
  }))
  return {
    apiVersion: API_VERSION,
    kind: 'VirtualService',
    metadata: { name, namespace },
    spec: {
      hosts: [host],
      gateways: GATEWAYS,
      http: [{ name: 'primary', route: destinations, ...(retries && { retries }) }],
    },
  }
}

function fullHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.cluster.local`
}

import type { ServiceHost } from './types.ts'

const CLUSTER_DOMAIN = 'svc.cluster.local'

/** The full mesh host of a Service. */
export function fullHost(service: ServiceHost): string {
  return `${service.name}.${service.namespace}.${CLUSTER_DOMAIN}`
}

/**
 * True when a host, as an Istio object in `namespace` writes it, means the Service. A host without dots resolves in
 * the namespace of the object that names it (Istio's rule for short names).
 */
export function meansService(host: string, namespace: string, service: ServiceHost): boolean {
  const full = host.includes('.') ? host : fullHost({ name: host, namespace })
  return full === fullHost(service)
}

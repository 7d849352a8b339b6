import type { ServiceHost } from './types.ts'

const CLUSTER_DOMAIN = 'svc.cluster.local'

/** The full mesh host of a Service. */
export function fullHost(service: ServiceHost): string {
  return `${service.name}.${service.namespace}.${CLUSTER_DOMAIN}`
}

/** Inverse of {@link fullHost}; undefined for a host that is no Service of the cluster. */
export function serviceOfHost(full: string): ServiceHost | undefined {
  const [name = '', namespace = '', ...rest] = full.split('.')
  const isService = rest.join('.') === CLUSTER_DOMAIN && name !== '' && name !== '*' && namespace !== ''
  return isService ? { name, namespace } : undefined
}

/**
 * True when a host, as an Istio object in `namespace` writes it, means the Service. A host without dots resolves in
 * the namespace of the object that names it (Istio's rule for short names).
 */
export function meansService(host: string, namespace: string, service: ServiceHost): boolean {
  return meansHost(host, namespace, fullHost(service))
}

/** True when a host, as an Istio object in `namespace` writes it, means the full host. */
export function meansHost(host: string, namespace: string, full: string): boolean {
  return resolveHost(host, namespace) === full
}

/**
 * The full host of what people write: one without dots is a Service of the namespace, as in Istio's objects; `name.namespace`
 * and `name.namespace.svc` stay as they are, as Istio leaves them.
 */
export function resolveHost(host: string, namespace: string): string {
  return host.includes('.') ? host : fullHost({ name: host, namespace })
}

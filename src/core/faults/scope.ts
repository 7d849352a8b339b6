import type { ObjectRef } from '../../api/names.ts'

/** How a mesh knows a host: by a Service, or by a ServiceEntry for what is outside of it. */
export interface KnownHost extends ObjectRef {
  readonly kind: 'Service' | 'ServiceEntry'
  /** As it is written: of a ServiceEntry perhaps with a wildcard, such as `*.example.com`. */
  readonly host: string
  /** Namespaces whose proxies know it; `*`, `.` and `~` mean all, its own and none. Empty: all. */
  readonly exportTo: readonly string[]
  /** A port takes HTTP or gRPC that proxies can read. */
  readonly readable: boolean
}

/** A Sidecar object of Istio, as far as it says what proxies know. */
export interface SidecarScope extends ObjectRef {
  /** Labels of the pods that it is for; absent: all of its namespace. */
  readonly selector?: Readonly<Record<string, string>>
  /** What proxies know, as `namespace/host`. */
  readonly hosts: readonly string[]
  /** RFC 3339; of several the oldest counts. */
  readonly createdAt: string
}

/** Where Istio looks for what holds for all namespaces, unless it was told otherwise. */
export const ROOT_NAMESPACE = 'istio-system'

/** Is an object exported to proxies of a namespace? */
export function isExportedTo(
  { namespace: own, exportTo }: Pick<KnownHost, 'namespace' | 'exportTo'>,
  namespace: string,
): boolean {
  if (exportTo.length === 0) return true
  return exportTo.some((one) => one === '*' || one === namespace || (one === '.' && own === namespace))
}

/** Is it this very host, or a pattern that covers it? */
export function meetsHost(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1)))
}

/**
 * The Sidecar that holds for pods, by Istio's order: one of their namespace that selects them, one of their namespace for
 * all, one of the root namespace for all. Undefined: none does, and their proxies know everything.
 * @param all those of both namespaces
 */
export function sidecarFor(
  { namespace, labels }: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  all: readonly SidecarScope[],
): SidecarScope | undefined {
  const sorted = all.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
  const own = sorted.filter((one) => one.namespace === namespace)
  return (
    own.find(({ selector }) => selector !== undefined && isSubset(selector, labels)) ??
    own.find(({ selector }) => selector === undefined) ??
    sorted.find((one) => one.namespace === ROOT_NAMESPACE && one.selector === undefined)
  )
}

/** Does a Sidecar let pods of a namespace know what an object of some namespace says of a host? */
export function letsKnow({ hosts }: SidecarScope, pods: string, object: ObjectOfHost): boolean {
  return hosts.some((entry) => {
    const slash = entry.indexOf('/')
    const [namespace, pattern] = [entry.slice(0, slash), entry.slice(slash + 1)]
    const isThere = namespace === '*' || (namespace === '.' ? pods : namespace) === object.namespace
    return slash >= 0 && isThere && meetsHost(pattern, object.host)
  })
}

/** A host as an object of a namespace means it. */
export interface ObjectOfHost {
  readonly namespace: string
  readonly host: string
}

function isSubset(some: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value)
}

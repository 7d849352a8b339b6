import { fullHost } from '../traffic/hosts.ts'
import type { KnownHost, SidecarScope } from './scope.ts'

/** A manifest, from the API server or a file. */
export interface ScopeManifest {
  readonly metadata?: {
    readonly namespace?: string
    readonly name?: string
    readonly creationTimestamp?: unknown
    readonly annotations?: Readonly<Record<string, string>> | null
  }
  readonly spec?: unknown
}

/** Annotation of a Service with what objects of Istio have as a field. */
const SERVICE_EXPORT = 'networking.istio.io/exportTo'
/** Ports of these say so by name or `appProtocol`; of one that says nothing Istio finds out. */
const UNREADABLE = /^(tcp|udp|tls|https|mongo|mysql|redis|postgres)(-|$)/i
const READABLE = /^(http|http2|grpc|grpc-web)$/i

/** What the mesh knows of a Service. */
export function hostOfService({ metadata = {}, spec }: ScopeManifest): KnownHost {
  const { namespace = '', name = '' } = metadata
  const { ports } = (spec ?? {}) as { ports?: readonly ServicePort[] }
  const exportTo = (metadata.annotations?.[SERVICE_EXPORT] ?? '').split(',').map((one) => one.trim())
  return {
    kind: 'Service',
    namespace,
    name,
    host: fullHost({ namespace, name }),
    exportTo: exportTo.filter((one) => one !== ''),
    readable: (ports ?? []).length === 0 || (ports ?? []).some(isReadable),
  }
}

/** What the mesh knows by a ServiceEntry: each of its hosts. */
export function hostsOfEntry({ metadata = {}, spec }: ScopeManifest): KnownHost[] {
  const { namespace = '', name = '' } = metadata
  const { hosts, exportTo, ports } = (spec ?? {}) as EntrySpec
  const readable = (ports ?? []).some(({ protocol = '' }) => READABLE.test(protocol))
  return (hosts ?? []).map((host) => ({
    kind: 'ServiceEntry',
    namespace,
    name,
    host,
    exportTo: exportTo ?? [],
    readable,
  }))
}

/** What a Sidecar lets its pods know. */
export function sidecarScope({ metadata = {}, spec }: ScopeManifest): SidecarScope {
  const { namespace = '', name = '', creationTimestamp } = metadata
  const { workloadSelector, egress } = (spec ?? {}) as SidecarSpec
  const told = (egress ?? []).flatMap(({ hosts }) => hosts ?? [])
  return {
    namespace,
    name,
    ...(workloadSelector && { selector: workloadSelector.labels ?? {} }),
    // Istio's default.
    hosts: (egress ?? []).length === 0 ? ['*/*'] : told,
    createdAt: timeText(creationTimestamp),
  }
}

/** A ServiceEntry as it is kept: endpoints may be thousands, and nobody asks for them. */
export function slimEntry<T extends ScopeManifest>(object: T): T {
  const { hosts, exportTo, ports } = (object.spec ?? {}) as EntrySpec
  return { ...slimObject(object), spec: { hosts, exportTo, ports } }
}

/** A Sidecar as it is kept. */
export function slimSidecar<T extends ScopeManifest>(object: T): T {
  const { workloadSelector, egress } = (object.spec ?? {}) as SidecarSpec
  const hosts = egress?.map((listener) => ({ hosts: listener.hosts }))
  return { ...slimObject(object), spec: { workloadSelector, egress: hosts } }
}

function slimObject<T extends ScopeManifest>({ metadata, ...object }: T) {
  const { managedFields: _by, annotations: _all, ...kept } = (metadata ?? {}) as Record<string, unknown>
  return { ...object, metadata: kept } as unknown as T
}

interface ServicePort {
  readonly name?: string
  readonly protocol?: string
  readonly appProtocol?: string
}

interface EntrySpec {
  readonly hosts?: readonly string[]
  readonly exportTo?: readonly string[]
  readonly ports?: readonly { readonly protocol?: string }[]
}

interface SidecarSpec {
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> }
  readonly egress?: readonly { readonly hosts?: readonly string[] }[]
}

function isReadable({ name = '', protocol = 'TCP', appProtocol = name }: ServicePort): boolean {
  return protocol === 'TCP' && !UNREADABLE.test(appProtocol)
}

/** The client gives times as dates, files as texts. */
function timeText(time: unknown): string {
  if (time instanceof Date) return time.toISOString()
  return typeof time === 'string' ? time : ''
}

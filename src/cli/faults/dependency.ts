import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { isExportedTo, meetsHost } from '../../core/faults/scope.ts'
import { fullHost, resolveHost, serviceOfHost } from '../../core/traffic/hosts.ts'
import type { Manifest } from '../../ports-views.ts'
import type { Cluster } from '../shell.ts'

const DOMAIN = '.svc.cluster.local'

/**
 * The full host of what somebody names as a dependency of a Service. Throws an Error that says what is wrong with it: it is
 * no host, the Service itself, or no Service and no ServiceEntry has it.
 */
export async function dependencyHost(cluster: Cluster, text: string, service: ObjectRef): Promise<string> {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text))
    throw new Error(`"${text}" is no host: name a Service of the namespace, or a full host`)
  const host = resolveHost(text, service.namespace)
  if (host === fullHost(service))
    throw new Error(`${text} is the service itself: a fault is for the calls that it makes to others`)
  const named = serviceOfHost(host)
  if (named !== undefined && (await isService(cluster, named))) return host
  if (await isEntered(cluster, host, service.namespace)) return host
  throw new Error(await unknownText(cluster, text, host))
}

async function isService({ reader }: Cluster, ref: ObjectRef): Promise<boolean> {
  return (await reader.read('Service', ref)) !== undefined
}

async function isEntered({ reader }: Cluster, host: string, namespace: string): Promise<boolean> {
  const entries = await reader.list('ServiceEntry', undefined)
  return entries.some(
    (entry) => isExportedTo(viewOf(entry), namespace) && hostsOf(entry).some((one) => meetsHost(one, host)),
  )
}

/** `exportTo` means the same in all of Istio's kinds. */
function viewOf({ metadata, spec }: Manifest): Parameters<typeof isExportedTo>[0] {
  const { exportTo = [] } = (spec ?? {}) as { exportTo?: readonly string[] }
  return { namespace: metadata.namespace, exportTo }
}

function hostsOf({ spec }: Manifest): readonly string[] {
  return (spec as { hosts?: readonly string[] } | undefined)?.hosts ?? []
}

/** Istio takes `ratings.shop` for a host outside of the cluster, people for a Service. */
async function unknownText(cluster: Cluster, text: string, host: string): Promise<string> {
  const short = serviceOfHost(`${text.replace(/\.svc$/, '')}${DOMAIN}`)
  if (text.includes('.') && short !== undefined && (await isService(cluster, short)))
    return `no ServiceEntry has the host ${text}; for Service ${keyOf(short)} write ${fullHost(short)}`
  return `no Service and no ServiceEntry has the host ${host}`
}

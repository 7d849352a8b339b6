import { KEEP_FAULT_ANNOTATION } from '../../src/api/names.ts'
import { withCopies } from '../../src/core/faults/copies.ts'
import { withFaultRecords } from '../../src/core/faults/record.ts'
import type { FaultRecord } from '../../src/core/faults/record.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'

/** What stands in a VirtualService of the mesh that is swept. */
export type Inhabitant =
  /** Nothing that should not. */
  | 'plain'
  /** A fault of somebody else, whose time is over. */
  | 'stale'
  /** A fault of ours past its expiry. */
  | 'overdue'
  /** A fault of somebody else, made a moment ago. */
  | 'young'
  /** A fault of somebody else that a person keeps. */
  | 'kept'
  /** A fault of ours whose time runs. */
  | 'running'

/** How many of each there are. */
export type Population = Readonly<Record<Inhabitant, number>>

/** Those that a sweep takes the fault out of. */
export const DOOMED: ReadonlySet<Inhabitant> = new Set<Inhabitant>(['stale', 'overdue'])

const FAULT = { delay: { percentage: { value: 50 }, fixedDelay: '7s' } }
const HOUR_MS = 3_600_000

/** VirtualServices of one sort in a namespace; their names begin with it. */
export function inhabitants(what: Inhabitant, count: number, namespace: string): VirtualService[] {
  return Array.from({ length: count }, (_, index) => made[what](plainOne(`${what}-${index}`, namespace)))
}

/** Of which sort a VirtualService was made. */
export function sortOf({ metadata }: Pick<VirtualService, 'metadata'>): Inhabitant {
  return metadata.name.replace(/-\d+$/, '') as Inhabitant
}

const made: Readonly<Record<Inhabitant, (object: VirtualService) => VirtualService>> = {
  plain: (object) => object,
  stale: withFault,
  young: withFault,
  kept: (object) => {
    const { metadata, ...rest } = withFault(object)
    return { ...rest, metadata: { ...metadata, annotations: { [KEEP_FAULT_ANNOTATION]: 'a game day' } } }
  },
  overdue: (object) => probed(object, -HOUR_MS),
  running: (object) => probed(object, 24 * HOUR_MS),
}

function plainOne(name: string, namespace: string): VirtualService {
  const host = `${name}.${namespace}.svc.cluster.local`
  const http = ['primary', 'images', 'rest'].map((route) => ({
    name: route,
    match: [{ uri: { prefix: `/${route}` } }],
    timeout: '3s',
    route: [{ destination: { host, port: { number: 9080 } } }],
  }))
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace },
    spec: { hosts: [host], http },
  }
}

function withFault({ spec, ...rest }: VirtualService): VirtualService {
  const [first, ...others] = spec.http ?? []
  return { ...rest, spec: { ...spec, http: [{ ...first, fault: FAULT }, ...others] } }
}

function probed(object: VirtualService, endsInMs: number): VirtualService {
  const { namespace, name } = object.metadata
  const record: FaultRecord = {
    id: 'abc1234',
    name: 'slow',
    owner: `${namespace}/${name}`,
    reason: 'a probe of a release that is over',
    host: `${name}.${namespace}.svc.cluster.local`,
    injectedAt: new Date(Date.now() - 2 * HOUR_MS).toISOString(),
    expiresAt: new Date(Date.now() + endsInMs).toISOString(),
    meets: { kind: 'Header', name: 'x-probe', value: 'abc', subset: 'v2' },
    delay: { percent: 100, delayMs: 2000 },
  }
  return withFaultRecords(withCopies(object, [record]), [record])
}

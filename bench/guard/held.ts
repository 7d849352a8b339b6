import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { workflowId } from '../../src/api/names.ts'
import { CLUSTER } from '../kit/lab.ts'

/** What Temporal keeps of a release. */
export interface Kept {
  /** Events of the execution that is under way. */
  readonly events: number
  /** Bytes of these events. */
  readonly historyBytes: number
  /** Bytes of what the last heartbeats carried. */
  readonly heartbeatBytes: number
}

/** The parts of Temporal's description that matter here. */
interface Described {
  readonly workflowExecutionInfo?: { readonly historySizeBytes?: unknown } | null
  readonly pendingActivities?:
    | readonly {
        readonly heartbeatDetails?: {
          readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null
        } | null
      }[]
    | null
}

/** What Temporal keeps of the releases of shops, in their order. @param address host:port of Temporal */
export async function keptOf(address: string, namespaces: readonly string[]): Promise<Kept[]> {
  const client = temporalClient({ address, namespace: 'default' })
  try {
    const kept: Kept[] = []
    for (const namespace of namespaces) {
      const id = workflowId(CLUSTER, { namespace, name: 'reviews' })
      const { historyLength, raw } = await client.workflow.getHandle(id).describe()
      kept.push({ events: historyLength, ...bytesIn(raw) })
    }
    return kept
  } finally {
    await client.connection.close()
  }
}

/** Bytes in Temporal's description of a workflow. */
export function bytesIn({
  workflowExecutionInfo,
  pendingActivities,
}: Described): Pick<Kept, 'historyBytes' | 'heartbeatBytes'> {
  const payloads = (pendingActivities ?? []).flatMap(
    ({ heartbeatDetails }) => heartbeatDetails?.payloads ?? [],
  )
  return {
    historyBytes: Number(workflowExecutionInfo?.historySizeBytes ?? 0),
    heartbeatBytes: payloads.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
  }
}

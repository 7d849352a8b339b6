import { PROBE_HEADER } from '../../api/names.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { RefusedError } from '../../ports.ts'
import type { Ports, ProbeOrder } from '../../ports.ts'
import { headersWith } from '../web-request.ts'

/** Longest time for an answer without the fault (milliseconds). */
const PATIENCE_MS = 10_000

/**
 * What the prober of a fault sends, with what is secret; or why it cannot be sent, in words.
 * @param sending value of the header by which its requests are known, and for how many milliseconds it sends
 */
export async function orderFor(
  ports: Ports,
  { rollout }: ReleaseState,
  { canary, delay }: PlannedFault,
  { token, forMs }: { readonly token: string; readonly forMs: number },
): Promise<ProbeOrder | { readonly why: string }> {
  if (canary === undefined) return { why: 'the fault has no prober' }
  const { url, host, method, body, requestsPerSecond } = canary
  try {
    const headers = await headersWith(canary, rollout.namespace, ports.secrets)
    return {
      url,
      method,
      ...(host !== undefined && { host }),
      ...(body !== undefined && { body }),
      headers: { ...headers, [PROBE_HEADER]: token },
      requestsPerSecond,
      forMs,
      timeoutMs: PATIENCE_MS + (delay?.delayMs ?? 0),
    }
  } catch (error) {
    if (error instanceof RefusedError) return { why: error.message }
    throw error
  }
}

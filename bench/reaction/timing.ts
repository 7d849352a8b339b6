import type { ApiRequest } from '../kit/audit.ts'
import type { LogLine } from '../kit/sluice-log.ts'
import type { ProxyChange } from './proxy-history.ts'
import type { Rollback } from './rollback.ts'
import type { RouteChange } from './route-history.ts'

/** All that was noted of the shop of a rollback, from sources that know nothing of each other. */
export interface Notes {
  /** Sluice's writes of the VirtualService that succeeded, in order, from the API server's audit log. */
  readonly writes: readonly ApiRequest[]
  /** What they made of it, in order. */
  readonly routes: readonly RouteChange[]
  /** What the proxy had. */
  readonly proxy: readonly ProxyChange[]
  /** Sluice's own log. */
  readonly log: readonly LogLine[]
  /** When Prometheus had enough for Fail. */
  readonly evidenceAt: number | undefined
}

/** Where the time of a rollback went, in milliseconds. */
export interface Timing {
  /** Evidence complete in Prometheus → weight 0 written. */
  readonly evidenceToWrite: number
  /** Evidence complete in Prometheus → the look that decides begins. */
  readonly evidenceToLook: number
  /** That look begins → weight 0 written. */
  readonly lookToWrite: number
  /** The same as Sluice measures it: from before the look's queries until the answer to the write is there. */
  readonly own: number
  /** Weight written → the proxy has it. */
  readonly raiseToProxy: number
  readonly lowerToProxy: number
}

/** A weight and when it was written. */
interface Write {
  readonly at: number
  readonly weight: number
}

/** Where the time of a rollback went. Throws an Error that names what was not noted. */
export function timingOf(rollback: Rollback, notes: Notes): Timing {
  const writes = weightsWritten(notes).filter(({ at }) => isWithin(at, rollback))
  const raise = needed(
    writes.find(({ weight }) => weight > 0),
    'the write of a weight',
  )
  const lower = needed(
    writes.find(({ at, weight }) => at > raise.at && weight === 0),
    'the write of weight 0',
  )
  const own = needed(
    notes.log.find(({ at, message }) => message === 'weight 0 written' && isWithin(at, rollback)),
    `Sluice's log of weight 0`,
  )
  const afterMs = needed(own.afterMs, 'how long Sluice took')
  const lookAt = own.at - afterMs
  const evidenceAt = needed(notes.evidenceAt, 'enough evidence in Prometheus')
  return {
    evidenceToWrite: lower.at - evidenceAt,
    evidenceToLook: lookAt - evidenceAt,
    lookToWrite: lower.at - lookAt,
    own: afterMs,
    raiseToProxy: proxyHas(notes.proxy, raise) - raise.at,
    lowerToProxy: proxyHas(notes.proxy, lower) - lower.at,
  }
}

/** The audit log has no bodies and a watch no exact times: the first write made the first state, and so on. */
function weightsWritten({ writes, routes }: Pick<Notes, 'writes' | 'routes'>): Write[] {
  if (writes.length !== routes.length) {
    throw new Error(`${writes.length} writes were logged, and ${routes.length} were seen by a watch`)
  }
  return writes.map(({ answeredAt }, index) => ({ at: answeredAt, weight: routes[index]?.weight ?? 0 }))
}

function proxyHas(proxy: readonly ProxyChange[], { at, weight }: Write): number {
  // The proxy may have it before the API server has noted its own answer.
  const seen = proxy.find((change) => change.at > at - EARLIER_MS && Math.abs(change.weight - weight) < 0.5)
  return needed(seen, `weight ${weight} in the proxy`).at
}

const EARLIER_MS = 10

function isWithin(at: number, { askedAt, endedAt }: Rollback): boolean {
  return at >= askedAt && at <= endedAt
}

function needed<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`not noted: ${what}`)
  return found
}

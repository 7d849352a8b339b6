import { startLoad } from '../../sandbox/load/index.ts'
import { foreignIn } from '../kit/foreign.ts'
import type { Foreign } from '../kit/foreign.ts'
import type { Lab } from '../kit/lab.ts'
import { hostOf } from '../kit/shops.ts'
import { sum } from '../statistics.ts'

/** Load on many shops from this process. */
export interface Traffic {
  /** Requests that failed for another reason than the app's own errors, and those that were due but not sent, so far. */
  troubles(): { readonly foreign: Foreign; readonly notSent: number }
  stop(): Promise<void>
}

/**
 * Sends steady load to shops.
 * @param gateway base URL
 * @param ratePerSecond requests a second to each
 */
export function startTraffic(gateway: string, namespaces: readonly string[], ratePerSecond: number): Traffic {
  const loads = namespaces.map((namespace) =>
    startLoad({ url: gateway, host: hostOf(namespace), ratePerSecond }),
  )
  return {
    troubles: () => {
      const reports = loads.map((load) => load.snapshot())
      return {
        foreign: foreignIn(reports),
        notSent: sum(reports.map((report) => report.notSent)),
      }
    },
    stop: async () => {
      await Promise.all(loads.map(async (load) => load.stop()))
    },
  }
}

/** A service without requests has no metrics, and nothing is released of one. */
export async function withTraffic<T>(
  { env }: Lab,
  namespaces: readonly string[],
  ratePerSecond: number,
  work: () => Promise<T>,
): Promise<T> {
  const traffic = startTraffic(env.gateway, namespaces, ratePerSecond)
  try {
    return await work()
  } finally {
    await traffic.stop()
  }
}

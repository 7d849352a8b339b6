import { ProviderError } from '../../ports.ts'
import { httpOf, posted, throwIfSkewed } from './client.ts'
import type { PrometheusSettings } from './settings.ts'

/** An answer of any status. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Asks Prometheus: with parameters by POST, since queries may be long, without by GET, the only way to ask for values of a
 * label. Throws a ProviderError when no answer comes, it is too large, or its clock is far from ours.
 */
export type Ask = (path: string, params?: Readonly<Record<string, string>>) => Promise<Answer>

/**
 * For queries of users, one by one.
 * @param now milliseconds since the epoch
 */
export function askOver(settings: PrometheusSettings, now: () => number = () => Date.now()): Ask {
  const http = httpOf(settings)
  return async (path, params) => {
    try {
      const response = await posted(http, path, { ...settings, params })
      // It may choose the time of a query, and we that of its samples.
      throwIfSkewed(response, now())
      return { status: response.status, body: response.data }
    } catch (error) {
      throw new ProviderError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

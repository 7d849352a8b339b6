import type { AxiosInstance } from 'axios'
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

/** How queries of users are asked; each has a default. */
interface AskOptions {
  readonly http?: AxiosInstance
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** For queries of users, one by one. */
export function askOver(
  settings: PrometheusSettings,
  { http = httpOf(settings), now = () => Date.now() }: AskOptions = {},
): Ask {
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

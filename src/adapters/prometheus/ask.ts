import { ProviderError } from '../../ports.ts'
import { httpOf, posted } from './client.ts'
import type { PrometheusSettings } from './settings.ts'

/** An answer of any status. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Asks Prometheus: with parameters by POST, since queries may be long, without by GET, the only way to ask for values of a
 * label. Throws a ProviderError when no answer comes, or it is too large.
 */
export type Ask = (path: string, params?: Readonly<Record<string, string>>) => Promise<Answer>

/** For queries of users, one by one. */
export function askOver(settings: PrometheusSettings, http = httpOf(settings)): Ask {
  return async (path, params) => {
    try {
      const { status, data } = await posted(http, path, { ...settings, params })
      return { status, body: data }
    } catch (error) {
      throw new ProviderError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

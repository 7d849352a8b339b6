import { eventually } from '../../sandbox/kit/sluice.ts'
import { SLUICE_USER } from './account.ts'
import type { ApiRequest } from './audit.ts'
import type { Lab } from './lab.ts'

/** So long without a request, and nothing is left to do (milliseconds). */
const QUIET_MS = 3_000

/** Waits until Sluice has asked the API server nothing for a while. */
export async function quiet({ audit }: Lab): Promise<void> {
  let mark = audit.mark()
  let lastAt = Date.now()
  await eventually('Sluice asks the API server nothing', async () => {
    // Taken before reading: what is written meanwhile is read twice rather than never.
    const next = audit.mark()
    if (ofSluice(audit.since(mark)).length > 0) lastAt = Date.now()
    mark = next
    return Date.now() - lastAt > QUIET_MS
  })
}

/** Requests that were made for a purpose, and watches that were begun anew because they ended by themselves. */
export function split(requests: readonly ApiRequest[]): { asked: ApiRequest[]; watches: ApiRequest[] } {
  return {
    asked: requests.filter(({ verb }) => verb !== 'watch'),
    watches: requests.filter(({ verb }) => verb === 'watch'),
  }
}

/** Requests of Sluice's own account. */
export function ofSluice(requests: readonly ApiRequest[]): ApiRequest[] {
  return requests.filter(({ user }) => user === SLUICE_USER)
}

import type { Bucket } from './histogram.ts'
import { exceedance } from './histogram.ts'

/** Stable's shares of slower requests between which a boundary tells something. */
const LEAST_SHARE = 0.001
const LARGEST_SHARE = 0.5
/** More boundaries would not find more, and would have to be remembered. */
const MOST = 5
/** With fewer requests nobody knows the shape. */
const LEAST_REQUESTS = 200

/**
 * The boundaries (milliseconds) at which latencies are compared: where stable's share of slower requests is between
 * 0.1 % and 50 %, and the next one above, which nothing of stable reaches. Chosen before any request of the canary is
 * counted. Undefined when too little is known of stable.
 * @param buckets of stable, in rising order
 */
export function boundariesOf(buckets: readonly Bucket[]): number[] | undefined {
  const total = buckets.at(-1)?.count ?? 0
  if (total < LEAST_REQUESTS) return undefined
  const finite = buckets.filter(({ le }) => le !== Infinity).map(({ le }) => le)
  const shares = finite.map((le) => ({ le, share: exceedance(buckets, le, 'fail') / total }))
  const telling = shares.filter(({ share }) => share >= LEAST_SHARE && share <= LARGEST_SHARE)
  const beyond = shares.find(({ share }) => share < LEAST_SHARE)
  return spread([...telling, ...(beyond ? [beyond] : [])].map(({ le }) => le))
}

/** At most so many as are remembered, evenly over all, with the first and the last. */
function spread(boundaries: readonly number[]): number[] {
  if (boundaries.length <= MOST) return [...boundaries]
  return Array.from({ length: MOST }, (_, index) => {
    const place = Math.round((index * (boundaries.length - 1)) / (MOST - 1))
    return boundaries[place] ?? 0
  })
}

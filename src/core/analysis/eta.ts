/**
 * Seconds until so many requests have come; Infinity when none come.
 * @param missingRequests how many
 * @param requestsPerSecond the rate seen of late
 */
export function etaSeconds(missingRequests: number, requestsPerSecond: number): number {
  if (missingRequests <= 0) return 0
  return requestsPerSecond > 0 ? missingRequests / requestsPerSecond : Infinity
}

/** The same in words: "about 12 more minutes". */
export function eta(missingRequests: number, requestsPerSecond: number): string {
  const seconds = etaSeconds(missingRequests, requestsPerSecond)
  if (seconds === Infinity) return 'no end in sight without requests'
  if (seconds < 90) return about(Math.ceil(seconds / 5) * 5, 'second')
  if (seconds < 2 * 3600) return about(Math.round(seconds / 60), 'minute')
  return about(Math.round(seconds / 3600), 'hour')
}

function about(count: number, unit: string): string {
  return `about ${Math.max(1, count)} more ${unit}${count > 1 ? 's' : ''}`
}

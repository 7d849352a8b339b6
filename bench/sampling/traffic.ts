/** The traffic that the synthetic Prometheus tells of: what it has at a time follows from the time alone. */

/** Time between scrapes (milliseconds). */
const SCRAPE_MS = 15_000
export const STABLE = 'v1'
export const CANARY = 'v2'
/** Requests a second of each version. */
export const RATES: Readonly<Record<string, number>> = { [STABLE]: 19, [CANARY]: 1 }
/** Share of requests that fail. */
export const ERRORS = 0.001
/** Istio's own boundaries, in milliseconds. */
export const BOUNDARIES =
  '0.5 1 5 10 25 50 100 250 500 1000 2500 5000 10000 30000 60000 300000 600000 1800000 3600000 +Inf'.split(
    ' ',
  )

/** Name of the Service number `index`, in namespace `shop`. */
export function serviceName(index: number): string {
  return `service-${index}`
}

/** Requests counted at a time (milliseconds since the epoch), of so many a second. */
export function countAt(perSecond: number, atMs: number): number {
  return Math.floor((perSecond * atMs) / 1000)
}

/** When the proxies of a service were scraped, after and up to these times. */
export function scrapesOf(service: string, { fromMs, toMs }: { fromMs: number; toMs: number }): number[] {
  const phase = (7919 * Number(/\d+/.exec(service)?.[0] ?? 0)) % SCRAPE_MS
  const first = Math.floor((fromMs - phase) / SCRAPE_MS) + 1
  const last = Math.floor((toMs - phase) / SCRAPE_MS)
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => phase + (first + index) * SCRAPE_MS,
  )
}

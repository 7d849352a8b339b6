import { sharesOf } from './route.ts'
import type { ServiceHost, VirtualService } from './types.ts'

/** What is asked of the proxies. */
export interface TrafficQuestion {
  readonly service: ServiceHost
  /** The VirtualService whose routes are meant. */
  readonly virtualService: { readonly namespace: string; readonly name: string }
  /** Subsets whose presence and weight is asked for. */
  readonly subsets: readonly string[]
  /** Name of the http route whose weights are meant; absent: of several routes the largest weight counts. */
  readonly route?: string
}

/** What one proxy does. */
export interface ProxyTraffic {
  readonly proxy: string
  /** Healthy endpoints by subset; a subset that the proxy does not know is absent. */
  readonly endpoints: Readonly<Record<string, number>>
  /** Percent of the service's requests by subset; absent: the proxy has no route of the VirtualService. */
  readonly weights?: Readonly<Record<string, number>>
}

/** What the proxies were seen to do. */
export interface ProxyView {
  readonly proxies: readonly ProxyTraffic[]
}

/** Percent by subset that a proxy has which follows the VirtualService: of several routes the largest. */
export function weightsOf(object: VirtualService, question: TrafficQuestion): Record<string, number> {
  const { service, subsets, route: named } = question
  const meant = (object.spec.http ?? []).filter(({ name }) => named === undefined || name === named)
  const weights: Record<string, number> = {}
  for (const { subset, percent } of meant.flatMap((route) => sharesOf(object, route, service))) {
    if (subset !== undefined && subsets.includes(subset))
      weights[subset] = Math.max(weights[subset] ?? 0, percent)
  }
  return weights
}

/** All proxies know the subset and at least one healthy endpoint of it. */
export function knowSubset(view: ProxyView, subset: string): boolean {
  return view.proxies.length > 0 && view.proxies.every((proxy) => (proxy.endpoints[subset] ?? 0) > 0)
}

/** Proxies were asked, and none sends to the subset any more. */
export function avoidSubset(view: ProxyView, subset: string): boolean {
  return view.proxies.length > 0 && view.proxies.every((proxy) => proxy.weights?.[subset] === undefined)
}

/** All proxies that route for the VirtualService give the subset this percentage, within rounding. */
export function haveWeight(view: ProxyView, subset: string, percent: number): boolean {
  const routing = view.proxies.filter((proxy) => proxy.weights !== undefined)
  return (
    routing.length > 0 && routing.every((proxy) => Math.abs((proxy.weights?.[subset] ?? 0) - percent) < 1)
  )
}

/** The largest weight (percent) that any proxy gives to the subset; undefined when none routes. */
export function observedWeight(view: ProxyView, subset: string): number | undefined {
  const weights = view.proxies.flatMap((proxy) => (proxy.weights ? [proxy.weights[subset] ?? 0] : []))
  return weights.length === 0 ? undefined : Math.round(Math.max(...weights))
}

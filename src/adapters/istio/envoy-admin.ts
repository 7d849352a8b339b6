import axios from 'axios'
import { z } from 'zod'
import { fullHost } from '../../core/traffic/hosts.ts'
import type { ProxyTraffic, ProxyView, TrafficQuestion } from '../../core/traffic/proxies.ts'
import type { Propagation } from '../../ports.ts'
import { sharedAnswer } from './shared-answer.ts'

const TIMEOUT_MS = 3_000

const clusters = z.object({
  cluster_statuses: z
    .array(
      z.object({
        name: z.string(),
        host_statuses: z
          .array(
            z.object({ health_status: z.object({ eds_health_status: z.string().optional() }).optional() }),
          )
          .default([]),
      }),
    )
    .default([]),
})

const weighted = z.object({ name: z.string(), weight: z.number().default(0) })
const route = z.object({
  name: z.string().optional(),
  metadata: z
    .object({
      filter_metadata: z.object({ istio: z.object({ config: z.string().optional() }).optional() }).optional(),
    })
    .optional(),
  route: z
    .object({
      cluster: z.string().optional(),
      weighted_clusters: z.object({ clusters: z.array(weighted) }).optional(),
    })
    .optional(),
})
const virtualHost = z.object({ routes: z.array(route).default([]) })
const routeConfigs = z.object({
  configs: z
    .array(
      z.object({ route_config: z.object({ virtual_hosts: z.array(virtualHost).default([]) }).optional() }),
    )
    .default([]),
})
type Clusters = z.output<typeof clusters>
type Routes = z.output<typeof routeConfigs>

/** Asks Envoys what they do, by their admin interfaces. For meshes whose proxies can be reached, such as the sandbox. */
export function envoyAdmin(urls: readonly string[]): Propagation {
  const dumps = urls.map((url) => sharedAnswer(async () => fetchDump(url)))
  return {
    name: 'EnvoyAdmin',
    look: async (question): Promise<ProxyView> => {
      const proxies = await Promise.all(
        dumps.map(async (dump, index) => trafficOf(urls[index] ?? '', await dump(), question)),
      )
      return { proxies }
    },
  }
}

interface Dump {
  readonly clusters: Clusters
  readonly routes: Routes
}

async function fetchDump(url: string): Promise<Dump> {
  const http = axios.create({ baseURL: url, timeout: TIMEOUT_MS })
  const [known, routing] = await Promise.all([
    http.get<unknown>('/clusters', { params: { format: 'json' } }),
    http.get<unknown>('/config_dump', { params: { resource: 'dynamic_route_configs' } }),
  ])
  return { clusters: clusters.parse(known.data), routes: routeConfigs.parse(routing.data) }
}

function trafficOf(
  proxy: string,
  { clusters: known, routes }: Dump,
  question: TrafficQuestion,
): ProxyTraffic {
  const weights = weightsOf(routes, question)
  return { proxy, endpoints: endpointsOf(known, question), ...(weights && { weights }) }
}

/** Istio names a cluster `outbound|PORT|SUBSET|HOST`. */
function subsetOfCluster(name: string, question: TrafficQuestion): string | undefined {
  const [direction, , subset, host] = name.split('|')
  return direction === 'outbound' && host === fullHost(question.service) ? subset : undefined
}

function endpointsOf(
  { cluster_statuses: statuses }: Clusters,
  question: TrafficQuestion,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name, host_statuses: hosts } of statuses) {
    const subset = subsetOfCluster(name, question)
    if (subset === undefined || !question.subsets.includes(subset)) continue
    const healthy = hosts.filter((host) => (host.health_status?.eds_health_status ?? 'HEALTHY') === 'HEALTHY')
    counts[subset] = Math.max(counts[subset] ?? 0, healthy.length)
  }
  return counts
}

/** Of several routes of the VirtualService the largest weight of a subset counts. */
function weightsOf({ configs }: Routes, question: TrafficQuestion): Record<string, number> | undefined {
  const { namespace, name } = question.virtualService
  const suffix = `/namespaces/${namespace}/virtual-service/${name}`
  const routes = configs
    .flatMap((config) => config.route_config?.virtual_hosts ?? [])
    .flatMap((host) => host.routes)
    .filter((one) => one.metadata?.filter_metadata?.istio?.config?.endsWith(suffix))
    .filter((one) => question.route === undefined || isNamed(one, question.route))
  if (routes.length === 0) return undefined
  const weights: Record<string, number> = {}
  for (const shares of routes.map((one) => sharesOf(one, question))) {
    for (const [subset, percent] of shares) {
      if (question.subsets.includes(subset)) weights[subset] = Math.max(weights[subset] ?? 0, percent)
    }
  }
  return weights
}

/** Istio adds the name of the match to that of the route. */
function isNamed({ name = '' }: z.output<typeof route>, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}.`)
}

function sharesOf({ route: action }: z.output<typeof route>, question: TrafficQuestion): [string, number][] {
  const single = action?.cluster === undefined ? [] : [{ name: action.cluster, weight: 1 }]
  const named = (action?.weighted_clusters?.clusters ?? single).flatMap(({ name, weight }) => {
    const subset = subsetOfCluster(name, question)
    return subset === undefined ? [] : [[subset, weight] as [string, number]]
  })
  const sum = named.reduce((total, [, weight]) => total + weight, 0)
  return named.map(([subset, weight]) => [subset, sum === 0 ? 0 : (100 * weight) / sum])
}

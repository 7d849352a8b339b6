import { weightsOf } from '../../core/traffic/proxies.ts'
import type { ProxyTraffic, ProxyView, TrafficQuestion } from '../../core/traffic/proxies.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import { meansService } from '../../core/traffic/hosts.ts'
import type { Clock, Propagation } from '../../ports.ts'
import type { Caches } from '../kubernetes/caches.ts'

/** What the objects say, and since when they say so. */
interface Known {
  readonly since: number
  readonly text: string
  readonly traffic: ProxyTraffic
}

/**
 * For meshes whose proxies cannot be asked: what the objects in the API server have said for `waitMs` (milliseconds) is
 * taken for what the proxies do. Nothing newer is, and nothing at all right after a change.
 */
export function boundedWait(caches: Caches, waitMs: number, clock: Clock): Propagation {
  const known = new Map<string, Known>()
  return {
    name: 'BoundedWait',
    look: async (question): Promise<ProxyView> => {
      const key = JSON.stringify([question.service, question.virtualService, question.route])
      const traffic = trafficOf(caches, question)
      const text = JSON.stringify(traffic)
      const before = known.get(key)
      const now = clock.now()
      const current = before?.text === text ? before : { since: now, text, traffic }
      known.set(key, current)
      return { proxies: now - current.since >= waitMs ? [current.traffic] : [] }
    },
  }
}

function trafficOf(caches: Caches, question: TrafficQuestion): ProxyTraffic {
  const object: VirtualService | undefined = caches.virtualServices.get(question.virtualService)
  const { service } = question
  const rule = caches.destinationRules
    .list()
    .find((one) => meansService(one.spec.host, one.metadata.namespace, service))
  const endpoints = Object.fromEntries(
    question.subsets.flatMap((subset) => (rule && knows(rule, subset) ? [[subset, 1]] : [])),
  )
  return { proxy: 'assumed', endpoints, ...(object && { weights: weightsOf(object, question) }) }
}

function knows(rule: DestinationRule, subset: string): boolean {
  return rule.spec.subsets?.some(({ name }) => name === subset) === true
}

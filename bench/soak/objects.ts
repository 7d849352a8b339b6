import type { KubernetesObject, V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import {
  demoDestinationRule,
  demoNamespace,
  demoService,
  demoVirtualService,
} from '../../sandbox/manifests/index.ts'
import { ROUTE, SERVICE } from './checks/scene.ts'
import { STEPS } from './draw.ts'

/** The VirtualServices of a shop: the mesh's, and one of the gateway alone, for another host. */
export const VIRTUAL_SERVICES = [SERVICE, `${SERVICE}-edge`] as const

/** What the owner of a shop keeps in Git, with fields, routes and policies that are none of Sluice's business. */
export function gitObjects(namespace: string, version: string): KubernetesObject[] {
  const rule = demoDestinationRule({ name: SERVICE, namespace, versions: [version] })
  const policy = { trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, exportTo: ['*'] }
  return [
    demoNamespace(namespace),
    demoService({ name: SERVICE, namespace }),
    { ...rule, spec: { ...rule.spec, ...policy } } as KubernetesObject,
    ...VIRTUAL_SERVICES.map((name) => virtualService(name, namespace, version)),
  ]
}

function virtualService(name: string, namespace: string, version: string): KubernetesObject {
  const plain = demoVirtualService({ name: SERVICE, namespace, weights: { [version]: 100 } })
  const [primary] = plain.spec['http'] as object[]
  const testers = {
    name: 'testers',
    match: [{ headers: { 'x-canary': { exact: 'always' } } }],
    route: [{ destination: { host: 'images.example.com' } }],
  }
  const own = {
    ...primary,
    name: ROUTE,
    timeout: '15s',
    // Istio's own would hide errors.
    retries: { attempts: 0 },
    headers: { response: { set: { 'x-owner': 'shop' } } },
  }
  const spec = { ...plain.spec, ...(name !== SERVICE && hostsOfEdge(namespace)), http: [testers, own] }
  return { ...plain, metadata: { name, namespace }, spec } as KubernetesObject
}

function hostsOfEdge(namespace: string): object {
  return { hosts: [`edge.${namespace}.example.com`], gateways: ['istio-system/sluice-gateway'] }
}

/** An autoscaler for a version, that lets it shrink to one pod. */
export function autoscaler(namespace: string, version: string): V2HorizontalPodAutoscaler {
  const name = `${SERVICE}-${version}`
  const target = { type: 'Utilization', averageUtilization: 90 }
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  }
}

/** The Rollout's spec: a release in seconds, judged by errors alone, since a busy machine is slow by itself. */
export function specOf(version: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const virtualServices = VIRTUAL_SERVICES.map((name) => ({ name, routes: [ROUTE] }))
  return {
    version,
    paused: false,
    retire: { after: '2s' },
    traffic: { service: SERVICE, existing: { virtualServices, destinationRule: { name: SERVICE } } },
    steps: STEPS.map((weight) => ({ weight, hold: '2s' })),
    analysis: {
      interval: '1s',
      warmup: '0s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '25%' }],
    },
    progressDeadline: '60s',
    ...changes,
  }
}

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import * as manifests from '../../../sandbox/manifests/index.ts'
import { ALLOW_FROM_ANNOTATION } from '../../../src/api/names.ts'

/** A service that other owners route to as well, as one finds it in a mesh that has grown. */
export interface BusyMesh {
  /** Namespace of the gateway's VirtualService. */
  readonly edge: string
  /** Host at which the gateway serves `reviews`. */
  readonly host: string
  /** Host at which the gateway serves a caller of `reviews` inside the mesh. */
  readonly callerHost: string
}

/** The managed routes of both VirtualServices, in the words of `spec.traffic`. */
export function trafficOf({ edge }: BusyMesh): object {
  return {
    service: 'reviews',
    existing: {
      virtualServices: [
        { name: 'reviews', routes: ['api', 'primary'] },
        { name: 'reviews', namespace: edge, routes: ['web'] },
      ],
      destinationRule: { name: 'reviews' },
    },
  }
}

/**
 * Around the shop's `reviews`: `legacy`, another service that gets a share of its routes; a caller with a proxy of its own;
 * a VirtualService of the mesh, one of the gateway in another namespace, and a DestinationRule with policies.
 */
export async function openBusyMesh(shop: Shop): Promise<BusyMesh> {
  const { namespace } = shop
  const edge = `${namespace}-edge`
  const mesh = {
    edge,
    host: `${namespace}.example.com`,
    callerHost: `productpage.${namespace}.svc.cluster.local`,
  }
  await manifests.applyObjects(shop.config, [
    manifests.demoNamespace(namespace),
    manifests.demoNamespace(edge),
    ...['reviews', 'legacy', 'productpage'].map((name) => manifests.demoService({ name, namespace })),
    demoRoute('legacy', 'l1', namespace),
    demoRoute('productpage', 'p1', namespace),
    ...['legacy', 'productpage'].map((name) =>
      manifests.demoDestinationRule({ name, namespace, versions: [name === 'legacy' ? 'l1' : 'p1'] }),
    ),
    ruleOfReviews(namespace),
    meshRoute(namespace),
    edgeRoute(namespace, mesh),
    manifests.demoDeployment({ name: 'legacy', namespace, version: 'l1' }),
    manifests.demoDeployment({
      name: 'productpage',
      namespace,
      version: 'p1',
      env: { DEPENDENCY: 'reviews' },
    }),
  ])
  await shop.deploy('v1')
  await shop.podsReady('v1', 2)
  return mesh
}

function demoRoute(name: string, version: string, namespace: string): KubernetesObject {
  return manifests.demoVirtualService({ name, namespace, weights: { [version]: 100 } })
}

/** Admin interface of the proxy of a workload, once it has one. */
export async function sidecarAdmin(env: SandboxEnv, namespace: string, workload: string): Promise<string> {
  const folder = join(env.state, 'targets')
  return eventually(`the proxy of ${workload}`, async () => {
    const entries = readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Target[])
    const own = entries.find(
      ({ labels }) =>
        labels['source_workload'] === workload && labels['source_workload_namespace'] === namespace,
    )
    return own?.targets[0] && `http://${own.targets[0]}`
  })
}

interface Target {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** The rule of `reviews`, as somebody applied it long ago, with policies for all and for the subset alone. */
function ruleOfReviews(namespace: string): KubernetesObject & { spec: object } {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'DestinationRule',
    metadata: {
      name: 'reviews',
      namespace,
      labels: { team: 'shop' },
      annotations: { 'example.com/owner': 'shop' },
    },
    spec: {
      host: 'reviews',
      exportTo: ['*'],
      trafficPolicy: {
        loadBalancer: { simple: 'LEAST_REQUEST' },
        connectionPool: { http: { maxRetries: 7 } },
      },
      subsets: [
        {
          name: 'v1',
          labels: { app: 'reviews', version: 'v1' },
          trafficPolicy: {
            connectionPool: { http: { http1MaxPendingRequests: 4096 } },
            portLevelSettings: [{ port: { number: 9080 }, loadBalancer: { simple: 'RANDOM' } }],
          },
        },
      ],
    },
  }
}

/** Short hosts, weights that are not percentages, a share for another service, and routes of other people. */
function meshRoute(namespace: string): KubernetesObject & { spec: object } {
  const legacy = { destination: { host: 'legacy', subset: 'l1', port: { number: 9080 } } }
  const v1 = { destination: { host: 'reviews', subset: 'v1', port: { number: 9080 } } }
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace, annotations: { 'example.com/note': 'line one\nline "two"' } },
    spec: {
      hosts: ['reviews'],
      exportTo: ['.', '*'],
      http: [
        {
          name: 'testers',
          match: [
            { headers: { 'x-canary': { exact: 'always' } } },
            { headers: { 'end-user': { regex: '.+@example\\.com' } }, withoutHeaders: { cookie: {} } },
          ],
          route: [legacy],
        },
        {
          name: 'api',
          match: [{ uri: { prefix: '/api/' }, method: { exact: 'GET' }, queryParams: { v: { exact: '1' } } }],
          rewrite: { uri: '/' },
          timeout: '7s',
          retries: { attempts: 2, perTryTimeout: '3s', retryOn: 'connect-failure,refused-stream' },
          corsPolicy: {
            allowOrigins: [{ exact: 'https://example.com' }],
            allowMethods: ['GET'],
            maxAge: '24h',
          },
          headers: { request: { set: { 'x-route': 'api' } }, response: { remove: ['x-internal'] } },
          mirror: { host: 'legacy', port: { number: 9080 } },
          mirrorPercentage: { value: 12.5 },
          route: [v1],
        },
        {
          name: 'primary',
          timeout: '9s',
          retries: { attempts: 1, retryOn: 'connect-failure' },
          route: [
            { ...legacy, weight: 1 },
            { ...v1, weight: 3, headers: { request: { add: { 'x-share': 'reviews' } } } },
          ],
        },
        { name: 'moved', match: [{ uri: { exact: '/old' } }], redirect: { uri: '/new', redirectCode: 308 } },
      ],
    },
  }
}

/** Full hosts, in another namespace that allows the shop's to move it; the canary's testers are somebody else's. */
function edgeRoute(namespace: string, { edge, host }: BusyMesh): KubernetesObject & { spec: object } {
  const full = (name: string) => `${name}.${namespace}.svc.cluster.local`
  const legacy = { destination: { host: full('legacy'), subset: 'l1', port: { number: 9080 } } }
  const annotations = { [ALLOW_FROM_ANNOTATION]: `elsewhere, ${namespace}` }
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: edge, annotations, labels: { team: 'edge' } },
    spec: {
      hosts: [host, `www.${host}`],
      gateways: ['istio-system/sluice-gateway'],
      http: [
        { name: 'testers', match: [{ headers: { 'x-canary': { exact: 'always' } } }], route: [legacy] },
        { match: [{ uri: { prefix: '/images' } }], directResponse: { status: 204 } },
        {
          name: 'web',
          headers: { response: { set: { 'x-served-by': 'edge' } } },
          route: [
            { destination: { host: full('reviews'), subset: 'v1', port: { number: 9080 } }, weight: 120 },
            { ...legacy, weight: 30 },
          ],
        },
        { name: 'last', match: [{ method: { exact: 'DELETE' } }], route: [legacy] },
      ],
    },
  }
}

import { describe, expect, it } from 'vitest'
import { FINDING_REASONS } from '../../../src/api/v1alpha1/conditions.ts'
import { preflight } from '../../../src/core/policy/preflight.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import type { HttpRoute, MeshObject } from '../../../src/core/traffic/types.ts'
import { SERVICE, aDestinationRule, aPlan, aSubset, aVirtualService, to } from '../shop.ts'
import { FAULT_ROWS } from './fault-rows.ts'
import { aScene, anOlderRollout, workload } from './scene.ts'

const LATENCY = { name: 'p99', istio: 'Latency', percentile: 99, max: '400ms' } as const

/** A narrower subset of v1. */
const EU = aSubset('v1', { name: 'v1-eu', labels: { version: 'v1', region: 'eu' } })

const FULL_HOST = 'reviews.shop.svc.cluster.local'

function inNamespace<T extends MeshObject>(namespace: string, object: T): T {
  return { ...object, metadata: { ...object.metadata, namespace } }
}

interface Row {
  readonly reason: keyof typeof FINDING_REASONS
  readonly when: string
  readonly scene: Partial<Scene>
  /** What the message must say: the field or object, what was found, what is allowed. */
  readonly says: readonly string[]
}

/** A scene in which a metric of the user's own was found wanting. */
function withFinding(reason: Row['reason'], message: string): Partial<Scene> {
  return { metrics: { ...aScene({}).metrics, findings: [{ reason, message }] } }
}

const ROWS: readonly Row[] = [
  {
    reason: 'ServiceNotFound',
    when: 'the Service does not exist',
    scene: { service: undefined },
    says: ['spec.traffic.service', 'shop/reviews', 'create it'],
  },
  {
    reason: 'ServiceWithoutSelector',
    when: 'the Service selects nothing',
    scene: { service: { ...SERVICE, selector: {} } },
    says: ['shop/reviews', 'selector'],
  },
  {
    reason: 'VirtualServiceNotFound',
    when: 'the VirtualService does not exist',
    scene: { virtualServices: [undefined] },
    says: ['virtualServices[0].name', 'shop/reviews'],
  },
  {
    reason: 'RouteNotFound',
    when: 'it has no route of that name',
    scene: { plan: aPlan({ virtualServices: [{ name: 'reviews', routes: ['main'] }] }) },
    says: ['routes[0]', 'main', 'allowed: primary'],
  },
  {
    reason: 'RouteAmbiguous',
    when: 'two routes of that name lead to the service',
    scene: { virtualServices: [twoRoutes()] },
    says: ['routes', '2 http routes', 'primary'],
  },
  {
    reason: 'RouteUnsupported',
    when: 'the route redirects',
    scene: { virtualServices: [aVirtualService([to('v1')], { redirect: { uri: '/' } })] },
    says: ['primary', 'redirect', 'name a route with destinations'],
  },
  {
    reason: 'RouteWithoutSubset',
    when: 'the route sends to every version',
    scene: { virtualServices: [aVirtualService([to(undefined)])] },
    says: ['primary', 'without a subset', "name the stable version's subset"],
  },
  {
    reason: 'RouteSplit',
    when: 'the route divides traffic and nobody knows stable',
    scene: {
      virtualServices: [aVirtualService([to('v1', 60), to('v2', 40)])],
      destinationRule: aDestinationRule([aSubset('v1'), aSubset('v2')]),
    },
    says: ['divides traffic', 'spec.initialVersion'],
  },
  {
    reason: 'RouteOwned',
    when: 'an older Rollout moves the route',
    scene: { rollouts: [anOlderRollout] },
    says: ['virtualServices[0]', 'shop/older', 'name another route'],
  },
  {
    reason: 'DestinationRuleNotFound',
    when: 'the DestinationRule does not exist',
    scene: { destinationRule: undefined },
    says: ['destinationRule.name', 'shop/reviews'],
  },
  {
    reason: 'DestinationRuleForAnotherHost',
    when: 'the DestinationRule is for another host',
    scene: { destinationRule: aDestinationRule([aSubset('v1')], 'ratings') },
    says: ['ratings', 'allowed: reviews'],
  },
  {
    reason: 'NamespaceAmbient',
    when: 'the namespace is in ambient mode',
    scene: { namespaceLabels: { 'istio.io/dataplane-mode': 'ambient' } },
    says: ['namespace shop', 'ambient', 'needs sidecars or gateways'],
  },
  {
    reason: 'ServiceSelectsVersion',
    when: 'the Service selects one version only',
    scene: { service: { ...SERVICE, selector: { app: 'reviews', version: 'v1' } } },
    says: ['Service shop/reviews', 'version=v1', 'take the label out'],
  },
  {
    reason: 'NotAllowed',
    when: 'the VirtualService is in another namespace and says nothing of it',
    scene: {
      plan: aPlan({ virtualServices: [{ name: 'reviews', namespace: 'ingress', routes: ['primary'] }] }),
      virtualServices: [inNamespace('ingress', aVirtualService([to('v1', undefined, FULL_HOST)]))],
    },
    says: ['virtualServices[0]', 'ingress/reviews', 'sluice.dev/allow-from: shop'],
  },
  {
    reason: 'DestinationRuleContradicted',
    when: 'another namespace has a DestinationRule for the host',
    scene: { destinationRules: [inNamespace('callers', aDestinationRule([], FULL_HOST))] },
    says: ['callers/reviews', FULL_HOST, 'keep one of them'],
  },
  {
    reason: 'SubsetNotFound',
    when: 'the route names a subset that is not there',
    scene: { virtualServices: [aVirtualService([to('v0')])] },
    says: ['v0', 'allowed: v1'],
  },
  {
    reason: 'SubsetWithoutVersion',
    when: "the route's subset selects by other labels",
    scene: { destinationRule: aDestinationRule([aSubset('v1', { labels: { track: 'old' } })]) },
    says: ['v1', 'label version'],
  },
  {
    reason: 'SubsetNameTaken',
    when: "the canary's subset name has other labels",
    scene: {
      destinationRule: aDestinationRule([
        aSubset('v1'),
        aSubset('v2', { name: subsetName('v2'), labels: { a: 'b' } }),
      ]),
    },
    says: [subsetName('v2'), 'rename it'],
  },
  {
    reason: 'SubsetAmbiguous',
    when: 'the routes name different subsets of one version',
    scene: {
      plan: aPlan({ virtualServices: [{ name: 'reviews', routes: ['primary', 'second'] }] }),
      virtualServices: [twoRoutes({ name: 'second', route: [to('v1-eu')] })],
      destinationRule: aDestinationRule([EU, aSubset('v1')]),
    },
    says: ['v1 in http route primary', 'v1-eu in http route second', 'the same subset'],
  },
  {
    reason: 'SubsetAmbiguous',
    when: 'one route divides its requests between subsets of one version',
    scene: {
      virtualServices: [aVirtualService([to('v1', 60), to('v1-eu', 40)])],
      destinationRule: aDestinationRule([EU, aSubset('v1')]),
      status: { stableVersion: 'v1' },
    },
    says: ['several subsets of v1', 'v1-eu in http route primary of VirtualService shop/reviews'],
  },
  {
    reason: 'ShareTooSmall',
    when: 'the share of the service has no whole parts for the first steps',
    scene: { virtualServices: [beside(1)] },
    says: ['http route primary', 'reviews a weight of 1', '5 %, 20 %, 100 %', 'multiply', '100'],
  },
  {
    reason: 'ShareTooSmall',
    when: 'two steps would be the same',
    scene: { virtualServices: [beside(5)] },
    says: ['reviews a weight of 5'],
  },
  {
    reason: 'StableUnknown',
    when: 'route and status disagree',
    scene: { status: { stableVersion: 'v0' } },
    says: ['the route sends 100 % to v1', 'status.stableVersion names v0'],
  },
  {
    reason: 'StableNotReady',
    when: 'no pod of stable is ready',
    scene: { readyPods: {} },
    says: ['no pod of v1'],
  },
  {
    reason: 'CanaryNotFound',
    when: 'no pod carries the version wanted',
    scene: { versions: ['v1', 'v9'] },
    says: ['spec.version', 'version=v2', 'found: v1, v9'],
  },
  {
    reason: 'WorkloadsOverlap',
    when: 'the selector of the old workload means the pods of the new one, too',
    scene: { workloads: [workload('v1', {}), workload('v2')] },
    says: ['selector of deployments.apps/reviews-v1', 'pods of v2', 'add version: v1'],
  },
  {
    reason: 'WorkloadTracked',
    when: 'the workload that is to be deleted would be brought back',
    scene: {
      plan: aPlan({ retirePolicy: 'Delete' }),
      tracked: [{ version: 'v1', name: 'deployments.apps/reviews-v1', by: 'Argo CD' }],
    },
    says: ['spec.retire.policy', 'deployments.apps/reviews-v1', 'Argo CD', 'ScaleToZero or Keep'],
  },
  {
    reason: 'PrometheusUnreachable',
    when: 'Prometheus does not answer',
    scene: { metrics: { problem: 'ECONNREFUSED', scraped: false, boundariesMs: [] } },
    says: ['Prometheus', 'ECONNREFUSED'],
  },
  {
    reason: 'PrometheusAccessUnusable',
    when: 'the Secret of its Prometheus is missing',
    scene: {
      plan: aPlan({ metrics: [{ name: 'conversion', query: 'up', min: '1' }] }),
      metrics: { accessProblem: 'there is no Secret shop/mimir', scraped: false, boundariesMs: [] },
    },
    says: ['spec.analysis.prometheus: there is no Secret shop/mimir'],
  },
  {
    reason: 'WriteRefused',
    when: 'the API server would refuse a write',
    scene: {
      refusals: [{ object: 'VirtualService edge/reviews', problem: 'the API server answered 403: no' }],
    },
    says: ['VirtualService edge/reviews', 'the API server answered 403: no', 'nothing was touched'],
  },
  {
    reason: 'MetricsMissing',
    when: 'Prometheus does not scrape the service',
    scene: { metrics: { scraped: false, boundariesMs: [] } },
    says: ['istio_requests_total', 'reviews'],
  },
  {
    reason: 'MetricsAnonymous',
    when: 'its metrics do not tell the stable version apart',
    scene: { metrics: { scraped: true, versions: [], boundariesMs: [] } },
    says: ['without a version', 'none of v1', 'destination_version', 'destination_workload'],
  },
  {
    reason: 'BoundaryMissing',
    when: 'the histogram lacks the boundary',
    scene: { plan: aPlan({ metrics: [LATENCY] }) },
    says: ['spec.analysis.metrics[0].max', '400ms', 'allowed: 100ms, 250ms, 500ms'],
  },
  {
    reason: 'MetricUnanswerable',
    when: 'the question of a metric cannot be asked',
    scene: withFinding('MetricUnanswerable', 'there is no MetricTemplate shop/conversion'),
    says: ['there is no MetricTemplate shop/conversion'],
  },
  {
    reason: 'MetricUnknown',
    when: 'a query reads metrics that are not there',
    scene: withFinding('MetricUnknown', 'there is no metric order_total; nearest: orders_total'),
    says: ['nearest: orders_total'],
  },
  ...FAULT_ROWS,
]

/** The route gives the service a share, and the rest to another. */
function beside(share: number) {
  return aVirtualService([to('v1', share), to(undefined, 100 - share, 'images')])
}

function twoRoutes(second: Partial<HttpRoute> = { timeout: '9s' }) {
  const object = aVirtualService()
  const http = object.spec.http ?? []
  return { ...object, spec: { ...object.spec, http: [...http, { ...http[1], ...second }] } }
}

describe('preflight', () => {
  it('clears a release for which all is in order', () => {
    expect(preflight(aScene())).toMatchObject({
      kind: 'Cleared',
      stable: { version: 'v1', subset: 'v1' },
      canary: { version: 'v2', subset: subsetName('v2') },
      stablePods: 4,
      adopt: false,
    })
  })

  it('clears a release though somebody’s fault stands in its route', () => {
    const virtualServices = [aVirtualService([to('v1')], { fault: { abort: { httpStatus: 503 } } })]
    expect(preflight(aScene({ virtualServices })).kind).toBe('Cleared')
  })

  it.each(ROWS)('refuses with $reason when $when', ({ reason, scene, says }) => {
    const clearance = preflight(aScene(scene))
    expect(clearance.kind).toBe('Refused')
    const findings = clearance.kind === 'Refused' ? clearance.findings : []
    expect(findings.map((finding) => finding.reason)).toContain(reason)
    const message = findings.find((finding) => finding.reason === reason)?.message ?? ''
    for (const text of says) expect(message).toContain(text)
  })

  it('has a row for each reason that is documented, and no other', () => {
    const reasons = new Set(ROWS.map(({ reason }) => reason))
    expect([...reasons].toSorted()).toEqual(Object.keys(FINDING_REASONS).toSorted())
  })

  it('tells all that is wrong with the named objects at once', () => {
    const clearance = preflight(aScene({ virtualServices: [undefined], destinationRule: undefined }))
    expect(clearance).toMatchObject({
      findings: [{ reason: 'VirtualServiceNotFound' }, { reason: 'DestinationRuleNotFound' }],
    })
  })

  it.each([
    ['is not to be deleted', aPlan(), 'v1'],
    ['is not the old one', aPlan({ retirePolicy: 'Delete' }), 'v2'],
  ])('clears a release though a tool tracks a workload that %s', (_, plan, version) => {
    const tracked = [{ version, name: 'deployments.apps/reviews', by: 'Helm' as const }]
    expect(preflight(aScene({ plan, tracked })).kind).toBe('Cleared')
  })

  it.each([
    ['each mean their own pods', [workload('v1'), workload('v2')]],
    ['of one version mean the same pods', [workload('v1'), workload('v1'), workload('v2')]],
    ['that mean too much are of other versions', [workload('v0', {}), workload('v1'), workload('v2')]],
    ['have no selector', [workload('v1'), { ...workload('v2', {}), selector: undefined }]],
  ])('clears a release whose workloads %s', (_, workloads) => {
    expect(preflight(aScene({ workloads })).kind).toBe('Cleared')
  })

  it('needs no release of the version that users have', () => {
    expect(preflight(aScene({ version: 'v1' })).kind).toBe('Unneeded')
  })

  it('does not say that users have a version while the route divides them', () => {
    const virtualService = aVirtualService([to('v1', 10), to('v2', 90)])
    const destinationRule = aDestinationRule([aSubset('v1'), aSubset('v2')])
    const status = { stableVersion: 'v1' }
    expect(
      preflight(aScene({ version: 'v1', virtualServices: [virtualService], destinationRule, status })),
    ).toMatchObject({
      kind: 'Refused',
      findings: [{ reason: 'RouteSplit' }],
    })
  })

  it.each([
    ['that the route names', [to('v1')]],
    ['that has the requests', [to('v1-eu', 0), to('v1', 100)]],
  ])('takes the subset of stable %s, of several', (_, route) => {
    const destinationRule = aDestinationRule([EU, aSubset('v1')])
    const clearance = preflight(aScene({ virtualServices: [aVirtualService(route)], destinationRule }))
    expect(clearance).toMatchObject({ kind: 'Cleared', stable: { version: 'v1', subset: 'v1' } })
  })

  it.each([
    ['tells the steps apart', { virtualServices: [beside(8)] }],
    ['is all that there is', { virtualServices: [aVirtualService([to('v1', 1)])] }],
    ['is nothing, so that no request is divided', { virtualServices: [beside(0)], initialVersion: 'v1' }],
    [
      'matters to no step, since nobody else could answer',
      { virtualServices: [beside(1)], readyPods: { v2: 1 } },
    ],
  ])('clears a release where the share of the service %s', (_, scene) => {
    expect(preflight(aScene(scene)).kind).toBe('Cleared')
  })

  it('believes initialVersion only when nobody else knows', () => {
    const divided = {
      virtualServices: [aVirtualService([to('v1', 60), to('v2', 40)])],
      destinationRule: aDestinationRule([aSubset('v1'), aSubset('v2')]),
    }
    expect(preflight(aScene({ ...divided, initialVersion: 'v1' }))).toMatchObject({
      stable: { version: 'v1' },
    })
    expect(preflight(aScene({ initialVersion: 'v7' }))).toMatchObject({ stable: { version: 'v1' } })
  })

  it('adopts a version without steps only if no other version has ready pods', () => {
    expect(preflight(aScene({ readyPods: { v2: 2 } }))).toMatchObject({ kind: 'Cleared', adopt: true })
    expect(preflight(aScene({ readyPods: { v1: 1, v2: 2 } }))).toMatchObject({
      kind: 'Cleared',
      adopt: false,
    })
  })
})

import type { FindingReason } from '../../../src/api/v1alpha1/conditions.ts'
import type { ProberSpec } from '../../../src/api/v1alpha1/prober.ts'
import type { Plan } from '../../../src/core/plan.ts'
import type { DependencyFault, PlannedFault } from '../../../src/core/faults/planned.ts'
import type { KnownHost, SidecarScope } from '../../../src/core/faults/scope.ts'
import type { FaultScene } from '../../../src/core/policy/fault-scene.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { aPlan } from '../shop.ts'
import { workload } from './scene.ts'

/** Scenes with fault probes. */

export const HOST = 'ratings.shop.svc.cluster.local'
const LATENCY = { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' } as const
const METRICS = [
  { name: 'error-rate', istio: 'ErrorRate', max: '1%' } as const,
  LATENCY,
  { name: 'split', istio: 'TrafficSplit' } as const,
]

export function aFault(changes: Partial<DependencyFault> = {}): DependencyFault {
  return {
    name: 'ratings-slow',
    dependency: HOST,
    delay: { percent: 100, delayMs: 7_000 },
    durationMs: 60_000,
    recoveryMs: 30_000,
    required: true,
    ...changes,
  }
}

export function known(changes: Partial<KnownHost> = {}): KnownHost {
  return {
    kind: 'Service',
    namespace: 'shop',
    name: 'ratings',
    host: HOST,
    exportTo: [],
    readable: true,
    ...changes,
  }
}

export function steering(
  spec: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): VirtualService {
  const http: HttpRoute[] = [{ name: 'all', route: [{ destination: { host: HOST } }] }]
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { namespace: 'shop', name: 'ratings', ...metadata },
    spec: { hosts: [HOST], http, ...spec },
  }
}

export function aSidecar(changes: Partial<SidecarScope> = {}): SidecarScope {
  return { namespace: 'shop', name: 'default', hosts: ['./*'], createdAt: '2026-01-01T00:00:00Z', ...changes }
}

/** A scene with one probe at its first step, for which all is in order. */
export function probing(
  faults: Partial<FaultScene> = {},
  fault: Partial<DependencyFault> = {},
): Partial<Scene> {
  const one = aFault(fault)
  const steps = [
    { weight: 5, holdMs: 10_000, faults: [one.name] },
    { weight: 100, holdMs: 10_000 },
  ]
  return {
    plan: aPlan({ faults: [one], steps, metrics: METRICS }),
    faults: {
      virtualServices: [steering()],
      hosts: { [one.dependency]: [known({ host: one.dependency })] },
      sidecars: [],
      pods: [{ name: 'reviews-v2-0', labels: { app: 'reviews', version: 'v2' }, hasSidecar: true }],
      maxDurationMs: 600_000,
      ...faults,
    },
  }
}

/** The same with a probe that lets something else than calls to a dependency meet its fault. */
export function scoped(fault: Partial<PlannedFault>, faults: Partial<FaultScene> = {}): Partial<Scene> {
  const scene = probing(faults)
  const { dependency: _none, delay: _delay, ...rest } = aFault()
  return { ...scene, plan: { ...scene.plan, faults: [{ ...rest, ...fault }] } as Plan }
}

/** Another fault. */
const ABORT = { abort: { percent: 100, httpStatus: 503 } }

/** What a prober sends. */
export const PROBER: ProberSpec = {
  url: 'http://gateway.istio-ingress/reviews',
  method: 'GET',
  headers: [],
  headersFrom: [],
  requestsPerSecond: 5,
}

export interface FaultRow {
  readonly reason: FindingReason
  readonly when: string
  readonly scene: Partial<Scene>
  readonly says: readonly string[]
}

const PROBE = 'probe ratings-slow (step 1, 5 %)'
const FIELD = 'spec.faults[0].dependency: '

/** What is found wrong with probes. */
export const FAULT_ROWS: readonly FaultRow[] = [
  {
    reason: 'DependencyNotFound',
    when: 'there is no such Service',
    scene: probing({ hosts: { [HOST]: [] }, virtualServices: [] }),
    says: [FIELD, PROBE, HOST, 'no Service and no ServiceEntry', 'create the Service'],
  },
  {
    reason: 'DependencyNotFound',
    when: 'the host is outside of the mesh',
    scene: probing({ hosts: { 'api.example.com': [] } }, { dependency: 'api.example.com' }),
    says: [FIELD, 'api.example.com', 'create a ServiceEntry', 'name.namespace.svc.cluster.local'],
  },
  {
    reason: 'DependencyIsService',
    when: 'it is the service itself',
    scene: probing({}, { dependency: 'reviews.shop.svc.cluster.local' }),
    says: [FIELD, PROBE, 'the service that is released', 'a host that its pods call'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'its VirtualService delegates',
    scene: probing({
      virtualServices: [steering({ http: [{ name: 'api', delegate: { name: 'other' } }] })],
    }),
    says: [FIELD, 'VirtualService shop/ratings', 'delegates http route api', 'write its routes out'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'its VirtualService has TCP routes only',
    scene: probing({ virtualServices: [steering({ http: undefined, tcp: [{}] })] }),
    says: ['VirtualService shop/ratings', 'no http routes', `add an http route to ${HOST}`],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'all its routes redirect',
    scene: probing({ virtualServices: [steering({ http: [{ redirect: { uri: '/' } }] })] }),
    says: ['no http route of VirtualService shop/ratings can carry a fault', 'add a route'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'two VirtualServices route it',
    scene: probing({ virtualServices: [steering(), steering({}, { name: 'second' })] }),
    says: ['several VirtualServices', 'shop/ratings, shop/second', 'keep one'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'its VirtualService is for a wildcard',
    scene: probing({ virtualServices: [steering({ hosts: ['*.shop.svc.cluster.local'] })] }),
    says: ['routes *.shop.svc.cluster.local, which is more than', 'a VirtualService of its own'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'proxies cannot read what is sent',
    scene: probing({ hosts: { [HOST]: [known({ readable: false })] } }),
    says: ['no port of Service shop/ratings is HTTP or gRPC', 'name its ports'],
  },
  {
    reason: 'DependencyUnsupported',
    when: 'it is known by a wildcard only, and a VirtualService would have to be made',
    scene: probing(
      {
        hosts: {
          'api.example.com': [known({ kind: 'ServiceEntry', name: 'everything', host: '*.example.com' })],
        },
      },
      { dependency: 'api.example.com' },
    ),
    says: ['ServiceEntry shop/everything', 'by *.example.com only', 'name the host'],
  },
  {
    reason: 'DependencyNotAllowed',
    when: 'its VirtualService is in another namespace and says nothing of it',
    scene: probing({ virtualServices: [steering({}, { namespace: 'ratings' })] }),
    says: [FIELD, PROBE, 'ratings/ratings', 'sluice.dev/allow-from: shop'],
  },
  {
    reason: 'DependencyHidden',
    when: 'the Service is exported to others only',
    scene: probing({ hosts: { [HOST]: [known({ namespace: 'ratings', exportTo: ['.', 'checkout'] })] } }),
    says: [FIELD, 'exported to ., checkout only', 'add shop', 'networking.istio.io/exportTo'],
  },
  {
    reason: 'DependencyHidden',
    when: 'a ServiceEntry is exported to others only',
    scene: probing({ hosts: { [HOST]: [known({ kind: 'ServiceEntry', exportTo: ['~'] })] } }),
    says: ['exported to ~ only', 'spec.exportTo'],
  },
  {
    reason: 'DependencyHidden',
    when: 'a Sidecar leaves the host out',
    scene: probing({ sidecars: [aSidecar({ hosts: ['istio-system/*'] })] }),
    says: ['Sidecar shop/default', `shop/${HOST}`, 'spec.egress[].hosts'],
  },
  {
    reason: 'DependencyHidden',
    when: 'a Sidecar leaves out the VirtualService that would be made',
    scene: probing({
      virtualServices: [],
      hosts: { [HOST]: [known({ namespace: 'ratings' })] },
      sidecars: [aSidecar({ hosts: ['ratings/*'] })],
    }),
    says: ['Sidecar shop/default', `shop/${HOST}`, 'and its VirtualService'],
  },
  {
    reason: 'ProbeWithoutSidecar',
    when: 'a pod of the canary has no sidecar',
    scene: probing({
      pods: [
        { name: 'reviews-v2-0', labels: {}, hasSidecar: true },
        { name: 'reviews-v2-1', labels: {}, hasSidecar: false },
      ],
    }),
    says: ['spec.faults: ', '1 of 2 pods of v2 have no sidecar, such as reviews-v2-1', 'ratings-slow'],
  },
  {
    reason: 'ProbeWithoutSidecar',
    when: 'the pod template refuses a sidecar',
    scene: { ...probing({ pods: [] }), workloads: [refusing('v2')] },
    says: ['the pods of v2 will have no sidecar', 'istio-injection: enabled'],
  },
  {
    reason: 'ProbeWithoutSidecar',
    when: 'the namespace refuses sidecars',
    scene: {
      ...probing({ pods: [] }),
      workloads: [workload('v2')],
      namespaceLabels: { 'istio-injection': 'disabled' },
    },
    says: ['the pods of v2 will have no sidecar'],
  },
  {
    reason: 'ProbeTooLong',
    when: 'it lasts longer than the administrator allows',
    scene: probing({ maxDurationMs: 30_000 }),
    says: ['spec.faults[0].duration: ', PROBE, 'lasts 1m', 'allows 30s', 'SLUICE_FAULT_MAX_DURATION'],
  },
  {
    reason: 'ProbeNotPermitted',
    when: 'users would meet it, and the administrator allows none of them to',
    scene: scoped({ traffic: 'RealRequests', abort: { percent: 3, httpStatus: 503 } }, { maxPercent: 0 }),
    says: ['spec.faults[0].traffic: ', PROBE, '3 %', 'no request', 'SLUICE_FAULT_MAX_PERCENT'],
  },
  {
    reason: 'ProbeNotPermitted',
    when: 'abort and delay come to more than the administrator allows',
    scene: scoped(
      {
        traffic: 'RealRequests',
        abort: { percent: 3, httpStatus: 503 },
        delay: { percent: 3, delayMs: 100 },
      },
      { maxPercent: 5 },
    ),
    says: ['spec.faults[0].traffic: ', '6 %', 'at most 5 %'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'a prober is to tell of a metric that it does not see',
    scene: scoped({ canary: PROBER, ...ABORT, expect: [{ metric: 'split', max: '2%' }] }),
    says: ['spec.faults[0].expect[0]: ', 'split to 2%', 'ErrorRate and Latency'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'a prober is to tell of latency by a percentage',
    scene: scoped({ canary: PROBER, ...ABORT, expect: [{ metric: 'p99', max: '2%' }] }),
    says: ['p99 to 2%', 'needs a duration'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'latency is held to a percentage',
    scene: probing({}, { expect: [{ metric: 'p99', max: '2%' }] }),
    says: ['spec.faults[0].expect[0]: ', PROBE, 'p99 to 2%', 'needs a duration such as 800ms'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'errors are held to a duration',
    scene: probing({}, { expect: [{ metric: 'error-rate', max: '800ms' }] }),
    says: ['error-rate to 800ms', 'needs a percentage such as 2%'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'the metric cannot be held to a limit',
    scene: probing({}, { expect: [{ metric: 'split', max: '2%' }] }),
    says: ['split to 2%', 'only ErrorRate'],
  },
  {
    reason: 'ProbeExpectUnfit',
    when: 'the histogram has no boundary there',
    scene: probing({}, { expect: [{ metric: 'p99', max: '300ms' }] }),
    says: ['p99 to 300ms', 'no boundary', '250ms, 500ms'],
  },
]

function refusing(version: string) {
  const one = workload(version)
  return { ...one, podLabels: { ...one.podLabels, 'sidecar.istio.io/inject': 'false' } }
}

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A spec as a user wrote it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = Record<string, Json>

/** The least that a Rollout needs. */
export const minimalSpec: JsonObject = {
  version: 'v2',
  traffic: {
    service: 'reviews',
    existing: { virtualServices: [{ name: 'reviews' }], destinationRule: { name: 'reviews' } },
  },
  analysis: { metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }] },
}

/** The minimal spec after defaulting. */
export const minimalSpecWithDefaults: JsonObject = {
  ...minimalSpec,
  versionLabel: 'version',
  retire: { policy: 'ScaleToZero', after: '10m' },
  capacity: 'Managed',
  steps: [5, 20, 50, 100].map((weight) => ({ weight, hold: '5m' })),
  analysis: {
    interval: '15s',
    warmup: '30s',
    falseRollback: '1%',
    falsePromotion: '5%',
    metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }],
    patience: '30m',
    onPatience: 'Pause',
    onNoData: 'Wait',
    onProviderError: 'Hold',
  },
  faults: [],
  progressDeadline: '10m',
  paused: false,
}

/** The example of the reference page; it sets every field but those of rarer metrics. */
export const exampleRollout = parse(
  readFileSync(new URL('../../scripts/generate/example.yaml', import.meta.url), 'utf8'),
) as { readonly spec: JsonObject; readonly metadata: { readonly name: string; readonly namespace: string } }

/** A spec that nobody must get past the API server or the parser, and what both must say of it. */
export interface BadSpec {
  readonly claim: string
  readonly spec: JsonObject
  /** The field that both name. */
  readonly field: string
  /** What the API server's message has besides the field. */
  readonly server: readonly string[]
  /** What the parser's message has besides the field. */
  readonly parser: readonly string[]
}

/** Keys and indices that lead to a field. */
export type Path = readonly (string | number)[]

/** `spec.steps[0].weight`, as the API server and the parser write it. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${part}`),
    'spec',
  )
}

/** A copy of the example's spec with one field changed; undefined removes it. */
export function exampleWith(path: Path, value: Json | undefined): JsonObject {
  const isGenerated = path[0] === 'traffic' && path[1] === 'generated' && path.length > 2
  const metric = path[1] === 'metrics' && path[2] === 0 ? METRICS[path[3] ?? ''] : undefined
  const base = isGenerated ? generatedSpec : baseFor(path)
  const spec = metric ? changed(base, ['analysis', 'metrics', 0], { name: 'own', ...metric }) : base
  return changed(spec, path, value) as JsonObject
}

function baseFor(path: Path): JsonObject {
  if (path[1] === 'prometheus' && path.length > 2) return namedSpec
  if (path[0] === 'faults' && path[2] === 'canary' && path.length > 3) return proberSpec
  const isProbe = path[0] === 'faults' || (path[0] === 'steps' && path[2] === 'faults')
  return isProbe ? probingSpec : exampleRollout.spec
}

/** Metrics that have what the example's lacks, by field. */
const METRICS: Readonly<Record<string | number, JsonObject>> = {
  vsHistory: { istio: 'ErrorRate', vsHistory: {} },
  templateRef: { templateRef: { name: 'conversion', args: [{ name: 'shop', value: 'a' }] }, min: '1' },
  query: { query: 'up', min: '1' },
  min: { query: 'up', min: '1' },
  failureLimit: { query: 'up', min: '1' },
  consecutiveFailures: { query: 'up', min: '1' },
  counts: { counts: { bad: 'a_total', total: 'b_total' }, max: '1%' },
  http: {
    min: '1',
    http: {
      url: 'http://a.example.com',
      method: 'POST',
      body: '{}',
      jsonPath: '$',
      headers: [{ name: 'a', value: 'b' }],
      headersFrom: [{ name: 'c', secretKeyRef: { name: 'd', key: 'e' } }],
      caFrom: { secretKeyRef: { name: 'd', key: 'e' } },
    },
  },
}

/** The example with objects of its own instead of existing ones. */
const generatedSpec: JsonObject = {
  ...exampleRollout.spec,
  traffic: {
    service: 'reviews',
    generated: { gateways: ['shop/gateway'], hosts: ['reviews.example.com'] },
  },
}

/** The example with a Prometheus of its own. */
const namedSpec: JsonObject = {
  ...exampleRollout.spec,
  analysis: {
    ...(exampleRollout.spec['analysis'] as JsonObject),
    prometheus: {
      url: 'https://mimir.example.com/prometheus',
      serverName: 'mimir',
      headers: [{ name: 'X-Scope-OrgID', value: 'shop' }],
      secretRef: { name: 'mimir' },
    },
  },
}

/** The example with a fault probe at its first step. */
const probingSpec: JsonObject = {
  ...exampleRollout.spec,
  faults: [
    {
      name: 'ratings',
      dependency: 'ratings',
      abort: { percent: 50, httpStatus: 503 },
      delay: { percent: 50, fixedDelay: '7s' },
      duration: '1m',
      recovery: '30s',
      expect: [{ metric: 'error-rate', max: '2%' }],
      required: true,
    },
  ],
  steps: [
    { weight: 5, hold: '5m', faults: ['ratings'] },
    { weight: 100, hold: '5m' },
  ],
}

/** The same with a probe of the canary by requests of a prober. */
const proberSpec: JsonObject = {
  ...probingSpec,
  faults: [
    {
      name: 'ratings',
      canary: {
        url: 'https://192.0.2.1:8443/reviews?id=1',
        host: 'shop.example.com',
        method: 'POST',
        headers: [{ name: 'X-Team', value: 'shop' }],
        headersFrom: [{ name: 'Authorization', secretKeyRef: { name: 'token', key: 'token' } }],
        body: '{}',
        requestsPerSecond: 50,
      },
      abort: { httpStatus: 503 },
    },
  ],
}

/** A copy of a value with one field changed; undefined removes it. */
export function changed(node: Json | undefined, path: Path, value: Json | undefined): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(node)) {
    return node.with(key as number, changed(node[key as number], rest, value) as Json)
  }
  const object = node as JsonObject
  const { [key]: old, ...others } = object
  const inner = changed(old, rest, value)
  return inner === undefined ? others : { ...others, [key]: inner }
}

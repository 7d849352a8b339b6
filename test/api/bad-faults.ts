import { NO_SHARES, badDurations, zeroDurations } from './bad-quantities.ts'
import { rolloutRows as rows } from './rows.ts'
import type { BadSpec, JsonObject, Path } from './specs.ts'

/** Bad fault probes of a Rollout. */

const FAULTS: Path = ['faults']
const FAULT: Path = ['faults', 0]
const STEP_FAULTS: Path = ['steps', 0, 'faults']

const fault = (more: JsonObject = {}): JsonObject & { name: string } => ({
  name: 'ratings',
  dependency: 'ratings',
  abort: { httpStatus: 503 },
  ...more,
})

const URL = 'http://gateway.istio-ingress/reviews'

/** A probe of the canary by requests of a prober. */
const probing = (more: JsonObject = {}): JsonObject => ({
  name: 'ratings',
  canary: { url: URL, ...more },
  abort: { httpStatus: 503 },
})

const LABEL = 'must be a DNS label (1 to 63 lower-case'
const OBJECT = 'must be the name of an object (1 to 253 lower-case'
const ONE_STATUS = 'must have either httpStatus or grpcStatus, and not both'
const ONE_SCOPE = 'must have exactly one of dependency, canary, traffic'
const MAX =
  'must be a percentage above 0% and below 100%, such as 2%, or a duration longer than 0s, such as 800ms'
const KNOWN = 'must name faults of spec.faults only'
const MEASURED = 'must expect metrics of spec.analysis.metrics only'
const FITTING =
  'must last no longer than the steps that name them may take: hold and analysis.patience together'

const names = [
  rows.form([...FAULT, 'name'], 'Ratings', LABEL),
  rows.tooLong([...FAULT, 'name'], 63),
  ...['', 'Ratings', '*.example.com', 'ratings:9080'].map((value) =>
    rows.form([...FAULT, 'dependency'], value, OBJECT),
  ),
  rows.tooLong([...FAULT, 'dependency'], 253),
  rows.form([...FAULT, 'expect', 0, 'metric'], 'Error Rate', LABEL),
  rows.tooLong([...FAULT, 'expect', 0, 'metric'], 63),
  rows.form([...STEP_FAULTS, 0], 'Ratings', LABEL),
  rows.tooLong([...STEP_FAULTS, 0], 63),
]

const percents = (['abort', 'delay'] as const).flatMap((kind) => [
  rows.bound([...FAULT, kind, 'percent'], 0, 'greater than or equal to 1', 'must be at least 1, found 0'),
  rows.bound([...FAULT, kind, 'percent'], 101, 'less than or equal to 100', 'must be at most 100, found 101'),
])

const statuses = [42, 200, 399].map((status) =>
  rows.bound(
    [...FAULT, 'abort', 'httpStatus'],
    status,
    'greater than or equal to 400',
    `must be at least 400, found ${status}`,
  ),
)

const kinds = [
  ...statuses,
  rows.bound(
    [...FAULT, 'abort', 'httpStatus'],
    600,
    'less than or equal to 599',
    'must be at most 599, found 600',
  ),
  rows.rule([...FAULT, 'abort'], { percent: 50 }, ONE_STATUS),
  rows.rule([...FAULT, 'abort'], { percent: 50, httpStatus: 503, grpcStatus: 'UNAVAILABLE' }, ONE_STATUS),
  rows.rule(FAULT, { name: 'ratings', dependency: 'ratings' }, 'must have abort, delay or both'),
  rows.form(FAULT, { name: 'ratings', abort: { httpStatus: 503 } }, ONE_SCOPE, '[]'),
  rows.form(FAULT, fault({ traffic: 'RealRequests' }), ONE_SCOPE, '["dependency", "traffic"]'),
  rows.form(FAULT, fault({ canary: { url: URL } }), ONE_SCOPE, '["dependency", "canary"]'),
]

const HEADER_NAME = 'must be the name of a header'
const CANARY: Path = ['faults', 0, 'canary']

/** What the prober of a probe sends. */
const probers = [
  ...['gateway.istio-ingress', 'ftp://gateway/', 'http://me:secret@gateway/', 'http://gateway/a b'].map(
    (value) => rows.form([...CANARY, 'url'], value, 'must be an http or https URL without a user'),
  ),
  rows.tooLong([...CANARY, 'url'], 2048),
  ...['shop example', 'http://shop'].map((value) =>
    rows.form([...CANARY, 'host'], value, 'must be a host, with or without a port'),
  ),
  rows.tooLong([...CANARY, 'host'], 259),
  ...['x-sluice-probe', 'Host'].map((name) =>
    rows.form([...CANARY, 'headers', 0, 'name'], name, 'must not be a header that Sluice sends itself'),
  ),
  rows.form([...CANARY, 'headers', 0, 'name'], 'X Team', HEADER_NAME),
  rows.tooLong([...CANARY, 'headers', 0, 'name'], 100),
  rows.form([...CANARY, 'headers', 0, 'value'], 'Straße', 'must be printable ASCII without line breaks'),
  rows.tooLong([...CANARY, 'headers', 0, 'value'], 1024),
  rows.form([...CANARY, 'headersFrom', 0, 'name'], 'X Team', HEADER_NAME),
  rows.form(
    [...CANARY, 'headersFrom', 0, 'name'],
    'x-sluice-probe',
    'must not be a header that Sluice sends itself',
  ),
  rows.form([...CANARY, 'headersFrom', 0, 'secretKeyRef', 'name'], 'Token', OBJECT),
  rows.form(
    [...CANARY, 'headersFrom', 0, 'secretKeyRef', 'key'],
    'a/b',
    'must be a key of a Secret (letters, digits',
  ),
  {
    ...rows.rule(CANARY, { url: URL, body: '{}' }, 'must be absent unless method is one of POST, PUT, PATCH'),
    field: 'spec.faults[0].canary.body',
  },
  rows.bound(
    [...CANARY, 'requestsPerSecond'],
    51,
    'less than or equal to 50',
    'must be at most 50, found 51',
  ),
  rows.bound(
    [...CANARY, 'requestsPerSecond'],
    0,
    'greater than or equal to 1',
    'must be at least 1, found 0',
  ),
]

const quantities = [
  ...badDurations([...FAULT, 'delay', 'fixedDelay']),
  ...zeroDurations([...FAULT, 'delay', 'fixedDelay']),
  ...badDurations([...FAULT, 'duration']),
  ...zeroDurations([...FAULT, 'duration']),
  ...badDurations([...FAULT, 'recovery']),
  ...NO_SHARES.map((value) => rows.form([...FAULT, 'expect', 0, 'max'], value, MAX)),
  rows.form([...FAULT, 'expect', 0, 'max'], '0s', MAX),
  rows.tooLong([...FAULT, 'expect', 0, 'max'], 20),
]

const counts = [
  rows.twice(FAULTS, fault()),
  rows.tooMany(
    FAULTS,
    Array.from({ length: 11 }, (_, index) => fault({ name: `f-${index}` })),
  ),
  rows.tooFew([...FAULT, 'expect']),
  rows.tooMany(
    [...FAULT, 'expect'],
    Array.from({ length: 11 }, (_, index) => ({ metric: `m-${index}`, max: '1%' })),
  ),
  rows.tooMany(
    STEP_FAULTS,
    Array.from({ length: 6 }, (_, index) => `f-${index}`),
  ),
]

/** What a probe has to do with the rest of the spec. */
const fits: BadSpec[] = [
  {
    ...rows.form(STEP_FAULTS, ['ratings', 'details'], KNOWN, '[["details"], []]'),
    field: 'spec.steps',
  },
  {
    ...rows.form([...FAULT, 'expect', 0, 'metric'], 'p50', MEASURED, '[["p50"]]'),
    field: 'spec.faults',
  },
  {
    ...rows.rule(
      ['steps'],
      [
        { weight: 5, hold: '1m' },
        { weight: 100, hold: '1m', faults: ['ratings'] },
      ],
      'must have no faults at weight 100, where all users would meet what the canary makes of them',
    ),
  },
  {
    ...rows.form([...FAULT, 'duration'], '35m1s', FITTING, '[["ratings: 35m1s, hold 5m, patience 30m"]]'),
    field: 'spec.faults',
  },
]

export const badFaults: readonly BadSpec[] = [
  ...names,
  ...percents,
  ...kinds,
  ...probers,
  ...quantities,
  ...counts,
  ...fits,
]

/** Fault probes that are in order. */
export const goodFaults: readonly { readonly claim: string; readonly fault: JsonObject }[] = [
  { claim: 'the defaults', fault: fault() },
  { claim: 'as long as its step may take', fault: fault({ duration: '35m' }) },
  {
    claim: 'a gRPC status, and a delay',
    fault: fault({
      abort: { percent: 1, grpcStatus: 'UNAVAILABLE' },
      delay: { percent: 100, fixedDelay: '1s500ms' },
    }),
  },
  {
    claim: 'requests of users',
    fault: { name: 'ratings', traffic: 'RealRequests', delay: { percent: 1, fixedDelay: '1s' } },
  },
  { claim: 'a prober with the defaults', fault: probing() },
  {
    claim: 'a prober that signs in',
    fault: probing({
      url: 'https://192.0.2.1:8443/reviews?id=1',
      host: 'shop.example.com',
      method: 'POST',
      headers: [{ name: 'X-Team', value: 'shop' }],
      headersFrom: [{ name: 'Authorization', secretKeyRef: { name: 'token', key: 'token' } }],
      body: '{}',
      requestsPerSecond: 50,
    }),
  },
  { claim: 'a host of a ServiceEntry', fault: fault({ dependency: 'api.payments.example' }) },
  {
    claim: 'limits of its own',
    fault: fault({
      expect: [
        { metric: 'error-rate', max: '2.5%' },
        { metric: 'p99', max: '800ms' },
      ],
      recovery: '0s',
      required: false,
    }),
  },
]

import { badByType } from './bad-types.ts'
import { exampleWith, pathText } from './specs.ts'
import type { BadSpec, Json, Path } from './specs.ts'

const VERSION: Path = ['version']
const STEPS: Path = ['steps']
const METRICS: Path = ['analysis', 'metrics']
const ERROR_RATE: Path = [...METRICS, 0]
const LATENCY: Path = [...METRICS, 1]
const ROUTES: Path = ['traffic', 'existing', 'virtualServices', 0, 'routes']

const LABEL = 'must be the value of a label (1 to 63 letters'
const DURATION = 'must be a duration of whole numbers with the units h, m, s, ms, such as 30s, 5m or 1h30m'
const SHARE = 'must be a percentage above 0% and below 100%'

// One message for both sides: what must be, and what was found.
function form(path: Path, value: Json, must: string, found: string = JSON.stringify(value)): BadSpec {
  const says = [must, `found ${found}`]
  const claim = `${pathText(path)}: ${JSON.stringify(value).slice(0, 60)}`
  return { claim, spec: exampleWith(path, value), field: pathText(path), server: says, parser: says }
}

// Bounds that the API server words by itself.
function bound(path: Path, value: Json, server: string, parser: string): BadSpec {
  return {
    claim: `${pathText(path)}: ${JSON.stringify(value).slice(0, 60)}`,
    spec: exampleWith(path, value),
    field: pathText(path),
    server: [server],
    parser: [parser],
  }
}

function tooLong(path: Path, maximum: number): BadSpec {
  const value = 'x'.repeat(maximum + 1)
  const parser = `must have at most ${maximum} characters, found ${maximum + 1}`
  return {
    ...bound(path, value, `may not be more than ${maximum}`, parser),
    claim: `${pathText(path)}: ${maximum + 1} characters`,
  }
}

const steps = (...weights: number[]): Json => weights.map((weight) => ({ weight, hold: '1m' }))

const labels = ['', 'v1/2', 'v 1', '-v1', 'v1.', 'ä'].flatMap((value) => [
  form(VERSION, value, LABEL),
  form(['initialVersion'], value, LABEL),
])

const labelKeys = ['', 'a/b/c', 'Example.com/version', 'a..b/version', '/version', 'version/'].map((value) =>
  form(['versionLabel'], value, 'must be the key of a label, such as version or example.com/version'),
)

const names = [
  ...['', 'Reviews', 'reviews.shop', 're_views'].map((value) =>
    form(['traffic', 'service'], value, 'must be a DNS label (1 to 63 lower-case letters'),
  ),
  ...['', 'Gateway', 'a/b/c', 'shop/', '/gateway', 'sh.op/gateway'].map((value) =>
    form(['traffic', 'generated', 'gateways', 0], value, 'must be the name of a Gateway, such as'),
  ),
  ...['', 'Example.com', '*.example.com', 'a..b'].map((value) =>
    form(['traffic', 'generated', 'hosts', 0], value, 'must be the name of an object (1 to 253 lower-case'),
  ),
  {
    claim: 'spec.traffic: both existing and generated',
    spec: exampleWith(['traffic', 'generated'], { hosts: [] }),
    field: 'spec.traffic',
    server: ['must have either existing or generated, and not both'],
    parser: ['must have either existing or generated, and not both'],
  },
  {
    claim: 'spec.traffic: neither existing nor generated',
    spec: exampleWith(['traffic', 'existing'], undefined),
    field: 'spec.traffic',
    server: ['must have either existing or generated, and not both'],
    parser: ['must have either existing or generated, and not both'],
  },
  ...['', 'Error_Rate', 'error.rate'].map((value) =>
    form([...ERROR_RATE, 'name'], value, 'must be a DNS label (1 to 63 lower-case letters'),
  ),
  ...['', 'Reviews', 'a..b', 'shop/reviews'].flatMap((value) => [
    form(
      ['traffic', 'existing', 'virtualServices', 0, 'name'],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
    form(
      ['traffic', 'existing', 'destinationRule', 'name'],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
  ]),
  form([...ROUTES, 0], '', 'must not be empty'),
]

const durations = ['', '5 minutes', '5', '1.5m', '-5m', '5m 30s', '30s5m', '1d', '5M', 'PT5M'].flatMap(
  (value) =>
    [
      ['retire', 'after'],
      ['steps', 0, 'hold'],
      ['analysis', 'interval'],
      ['analysis', 'warmup'],
      ['progressDeadline'],
    ].map((path) => form(path, value, DURATION)),
)

const notZero = ['0s', '0h0m'].flatMap((value) =>
  [['analysis', 'interval'], ['progressDeadline']].map((path) => form(path, value, 'longer than 0s')),
)

const shares = ['', '1', '0.01', '1,5 %', '1,5%', '1 %', '-1%', '101%', '0%', '0.0%', '100%'].flatMap(
  (value) => [
    form(['analysis', 'falseRollback'], value, SHARE),
    form([...ERROR_RATE, 'max'], value, `${SHARE} for ErrorRate`),
  ],
)

const latencies = ['', '500', '500 ms', '0.5s', '0ms', '1%'].map((value) =>
  form([...LATENCY, 'max'], value, 'must be a duration longer than 0s for Latency, such as 500ms or 2s'),
)

const percentiles = [
  ...[0.99, 0, -99, 49.9, 99.995, 100, 101].map((value) =>
    form([...LATENCY, 'percentile'], value, 'must be from 50 to 99.99, such as 99 for p99'),
  ),
  form([...ERROR_RATE, 'percentile'], 99, 'must be absent for ErrorRate'),
  bound(
    LATENCY,
    { name: 'p99', istio: 'Latency', max: '500ms' },
    'percentile: Invalid value: must be set for Latency, such as 99 for p99',
    'percentile: must be set for Latency, such as 99 for p99',
  ),
]

const weights = [
  form(STEPS, steps(20, 5, 100), 'must rise in weight from step to step', '[20, 5, 100]'),
  form(STEPS, steps(20, 20, 100), 'must rise in weight from step to step', '[20, 20, 100]'),
  form(STEPS, steps(5, 20, 50), 'must end at weight 100', '50'),
  bound([...STEPS, 0, 'weight'], 101, 'less than or equal to 100', 'must be at most 100, found 101'),
  bound([...STEPS, 0, 'weight'], 0, 'greater than or equal to 1', 'must be at least 1, found 0'),
  bound([...STEPS, 0, 'weight'], -5, 'greater than or equal to 1', 'must be at least 1, found -5'),
  bound([...STEPS, 0, 'weight'], 2.5, 'must be of type integer', 'must be a whole number, found 2.5'),
]

const counts = [
  bound(STEPS, [], 'at least 1 items', 'must have at least 1 entry, found 0'),
  bound(
    STEPS,
    steps(...Array.from({ length: 21 }, (_, index) => index + 80)),
    'must have at most 20 items',
    'must have at most 20 entries, found 21',
  ),
  bound(METRICS, [], 'at least 1 items', 'must have at least 1 entry, found 0'),
  bound(
    METRICS,
    Array.from({ length: 11 }, (_, index) => ({ name: `m${index}`, istio: 'ErrorRate', max: '1%' })),
    'must have at most 10 items',
    'must have at most 10 entries, found 11',
  ),
  bound(
    ['traffic', 'existing', 'virtualServices'],
    [],
    'at least 1 items',
    'must have at least 1 entry, found 0',
  ),
  bound(
    ['traffic', 'existing', 'virtualServices'],
    Array.from({ length: 11 }, (_, index) => ({ name: `vs-${index}` })),
    'must have at most 10 items',
    'must have at most 10 entries, found 11',
  ),
  form(
    ['traffic', 'existing', 'virtualServices'],
    [{ name: 'a', namespace: 'x' }, { name: 'b' }, { name: 'a', namespace: 'x' }],
    'must name each VirtualService once',
    '["a", "b", "a"]',
  ),
  form(
    ['traffic', 'existing', 'virtualServices', 0, 'namespace'],
    'Shop',
    'must be a DNS label (1 to 63 lower-case',
  ),
  form(ROUTES, ['a', 'b', 'a'], 'must name each route once', '["a", "b", "a"]'),
  bound(
    ['traffic', 'generated', 'gateways'],
    Array.from({ length: 11 }, (_, index) => `gateway-${index}`),
    'must have at most 10 items',
    'must have at most 10 entries, found 11',
  ),
  bound(
    ['traffic', 'generated', 'hosts'],
    Array.from({ length: 21 }, (_, index) => `h${index}.example.com`),
    'must have at most 20 items',
    'must have at most 20 entries, found 21',
  ),
  bound(ROUTES, [], 'at least 1 items', 'must have at least 1 entry, found 0'),
  bound(
    ROUTES,
    Array.from({ length: 11 }, (_, index) => `r${index}`),
    'must have at most 10 items',
    'must have at most 10 entries, found 11',
  ),
]

const duplicates: BadSpec[] = [
  {
    claim: 'spec.analysis.metrics: two of one name',
    spec: exampleWith([...METRICS, 1, 'name'], 'error-rate'),
    field: 'spec.analysis.metrics',
    server: ['[1]: Duplicate value: {"name":"error-rate"}'],
    parser: ['must have unique names, found "error-rate" twice'],
  },
]

const lengths = [
  tooLong(VERSION, 63),
  tooLong(['versionLabel'], 317),
  tooLong(['initialVersion'], 63),
  tooLong(['retire', 'after'], 20),
  tooLong(['traffic', 'service'], 63),
  tooLong(['traffic', 'existing', 'virtualServices', 0, 'name'], 253),
  tooLong(['traffic', 'existing', 'virtualServices', 0, 'namespace'], 63),
  tooLong(['traffic', 'existing', 'destinationRule', 'name'], 253),
  tooLong(['traffic', 'generated', 'gateways', 0], 317),
  tooLong(['traffic', 'generated', 'hosts', 0], 253),
  tooLong([...ROUTES, 0], 253),
  tooLong([...STEPS, 0, 'hold'], 20),
  tooLong(['analysis', 'interval'], 20),
  tooLong(['analysis', 'warmup'], 20),
  tooLong(['analysis', 'falseRollback'], 20),
  tooLong([...ERROR_RATE, 'name'], 63),
  tooLong([...ERROR_RATE, 'max'], 20),
  tooLong(['progressDeadline'], 20),
]

/** Bad Rollouts and what must be said of them. */
export const badSpecs: readonly BadSpec[] = [
  ...badByType,
  ...labels,
  ...labelKeys,
  ...names,
  ...durations,
  ...notZero,
  ...shares,
  ...latencies,
  ...percentiles,
  ...weights,
  ...counts,
  ...duplicates,
  ...lengths,
]

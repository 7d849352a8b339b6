import { badAnalysis } from './bad-analysis.ts'
import { badFaults } from './bad-faults.ts'
import { badDurations, zeroDurations } from './bad-quantities.ts'
import { badByType } from './bad-types.ts'
import { rolloutRows as rows } from './rows.ts'
import { exampleWith } from './specs.ts'
import type { BadSpec, Json, Path } from './specs.ts'

const VERSION: Path = ['version']
const STEPS: Path = ['steps']
const ROUTES: Path = ['traffic', 'existing', 'virtualServices', 0, 'routes']

const LABEL = 'must be the value of a label (1 to 63 letters'

const steps = (...weights: number[]): Json[] => weights.map((weight) => ({ weight, hold: '1m' }))

const labels = ['', 'v1/2', 'v 1', '-v1', 'v1.', 'ä'].flatMap((value) => [
  rows.form(VERSION, value, LABEL),
  rows.form(['initialVersion'], value, LABEL),
])

const labelKeys = ['', 'a/b/c', 'Example.com/version', 'a..b/version', '/version', 'version/'].map((value) =>
  rows.form(['versionLabel'], value, 'must be the key of a label, such as version or example.com/version'),
)

const names = [
  ...['', 'Reviews', 'reviews.shop', 're_views'].map((value) =>
    rows.form(['traffic', 'service'], value, 'must be a DNS label (1 to 63 lower-case letters'),
  ),
  ...['', 'Gateway', 'a/b/c', 'shop/', '/gateway', 'sh.op/gateway'].map((value) =>
    rows.form(['traffic', 'generated', 'gateways', 0], value, 'must be the name of a Gateway, such as'),
  ),
  ...['', 'Example.com', '*.example.com', 'a..b'].map((value) =>
    rows.form(
      ['traffic', 'generated', 'hosts', 0],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
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
  ...['', 'Reviews', 'a..b', 'shop/reviews'].flatMap((value) => [
    rows.form(
      ['traffic', 'existing', 'virtualServices', 0, 'name'],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
    rows.form(
      ['traffic', 'existing', 'destinationRule', 'name'],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
  ]),
  rows.form([...ROUTES, 0], '', 'must not be empty'),
]

const durations = [
  ...badDurations(['retire', 'after']),
  ...badDurations([...STEPS, 0, 'hold']),
  ...badDurations(['progressDeadline']),
  ...zeroDurations(['progressDeadline']),
]

const weights = [
  rows.form(STEPS, steps(20, 5, 100), 'must rise in weight from step to step', '[20, 5, 100]'),
  rows.form(STEPS, steps(20, 20, 100), 'must rise in weight from step to step', '[20, 20, 100]'),
  rows.form(STEPS, steps(5, 20, 50), 'must end at weight 100', '50'),
  rows.bound([...STEPS, 0, 'weight'], 101, 'less than or equal to 100', 'must be at most 100, found 101'),
  rows.bound([...STEPS, 0, 'weight'], 0, 'greater than or equal to 1', 'must be at least 1, found 0'),
  rows.bound([...STEPS, 0, 'weight'], -5, 'greater than or equal to 1', 'must be at least 1, found -5'),
  rows.bound([...STEPS, 0, 'weight'], 2.5, 'must be of type integer', 'must be a whole number, found 2.5'),
]

const counts = [
  rows.tooFew(STEPS),
  rows.tooMany(STEPS, steps(...Array.from({ length: 21 }, (_, index) => index + 80))),
  rows.tooFew(['traffic', 'existing', 'virtualServices']),
  rows.tooMany(
    ['traffic', 'existing', 'virtualServices'],
    Array.from({ length: 11 }, (_, index) => ({ name: `vs-${index}` })),
  ),
  rows.form(
    ['traffic', 'existing', 'virtualServices'],
    [{ name: 'a', namespace: 'x' }, { name: 'b' }, { name: 'a', namespace: 'x' }],
    'must name each VirtualService once',
    '["a", "b", "a"]',
  ),
  rows.form(
    ['traffic', 'existing', 'virtualServices', 0, 'namespace'],
    'Shop',
    'must be a DNS label (1 to 63 lower-case',
  ),
  rows.form(ROUTES, ['a', 'b', 'a'], 'must name each route once', '["a", "b", "a"]'),
  rows.tooMany(
    ['traffic', 'generated', 'gateways'],
    Array.from({ length: 11 }, (_, index) => `gateway-${index}`),
  ),
  rows.tooMany(
    ['traffic', 'generated', 'hosts'],
    Array.from({ length: 21 }, (_, index) => `h${index}.example.com`),
  ),
  rows.tooFew(ROUTES),
  rows.tooMany(
    ROUTES,
    Array.from({ length: 11 }, (_, index) => `r${index}`),
  ),
]

const lengths = [
  rows.tooLong(VERSION, 63),
  rows.tooLong(['versionLabel'], 317),
  rows.tooLong(['initialVersion'], 63),
  rows.tooLong(['traffic', 'service'], 63),
  rows.tooLong(['traffic', 'existing', 'virtualServices', 0, 'name'], 253),
  rows.tooLong(['traffic', 'existing', 'virtualServices', 0, 'namespace'], 63),
  rows.tooLong(['traffic', 'existing', 'destinationRule', 'name'], 253),
  rows.tooLong(['traffic', 'generated', 'gateways', 0], 317),
  rows.tooLong(['traffic', 'generated', 'hosts', 0], 253),
  rows.tooLong([...ROUTES, 0], 253),
]

/** Bad Rollouts and what must be said of them. */
export const badSpecs: readonly BadSpec[] = [
  ...badByType,
  ...badAnalysis,
  ...badFaults,
  ...labels,
  ...labelKeys,
  ...names,
  ...durations,
  ...weights,
  ...counts,
  ...lengths,
]

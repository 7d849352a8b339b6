import type { Rows } from './rows.ts'
import type { BadSpec, Path } from './specs.ts'

/** Bad queries, counts and requests, as MetricTemplates and metrics of a Rollout have them alike. */

const SECRET_KEYS: Path[] = [
  ['http', 'headersFrom', 0, 'secretKeyRef'],
  ['http', 'caFrom', 'secretKeyRef'],
]

const HEADER_NAMES: Path[] = [
  ['http', 'headers', 0, 'name'],
  ['http', 'headersFrom', 0, 'name'],
]

const SELECTORS = [
  'sum(orders_total)',
  'rate(orders_total[5m])',
  'orders_total[5m]',
  'a + b',
  'orders_total offset 5m',
  'orders_total{a="}',
  'orders_total{a="b"',
  'orders-total',
  '{{ a b }}',
]

const URLS = [
  '',
  'example.com',
  'ftp://example.com',
  'file:///etc/passwd',
  '{{ args.survey }}',
  'http://',
  'http://a b',
  'http://a/{x}',
  'http://a\\b',
  'javascript:1',
]

const JSON_PATHS = [
  '',
  'rate',
  '$.',
  '$..a',
  '$.*',
  '$[*]',
  '$[?(@.a)]',
  '$[(1)]',
  "$['a\\'b']",
  '$[0:1]',
  '$.a-b',
]

/**
 * @param rows of examples that have the field
 * @param root where the fields query, counts and http stand
 */
export function badSources(rows: Rows, root: Path): BadSpec[] {
  const at = (path: Path): Path => [...root, ...path]
  const texts = (path: Path, values: readonly string[], must: string) =>
    values.map((value) => rows.form(at(path), value, must))
  // The API server can't show a text with a tab or a line break.
  const unshown = (path: Path, value: string, must: string) => rows.rule(at(path), value, must)
  return [
    ...COUNTERS.flatMap((path) => [
      ...texts(path, SELECTORS, 'must be a selector of counters without anything around it, such as'),
      ...texts(path, [''], 'must not be empty'),
      unshown(path, ' \t', 'must not be empty'),
      rows.tooLong(at(path), 4096),
    ]),
    ...texts(['query'], [''], 'must not be empty'),
    unshown(['query'], ' \t', 'must not be empty'),
    rows.tooLong(at(['query']), 4096),
    ...texts(
      ['counts', 'versionLabel'],
      ['', '1a', 'a-b', 'app.kubernetes.io/version'],
      'must be the name of a label in Prometheus, such as version',
    ),
    rows.tooLong(at(['counts', 'versionLabel']), 128),
    ...texts(['http', 'url'], URLS, 'must be an http or https URL, such as'),
    rows.tooLong(at(['http', 'url']), 2048),
    ...texts(['http', 'jsonPath'], JSON_PATHS, 'must be a JSONPath to one value, of names and indices'),
    rows.tooLong(at(['http', 'jsonPath']), 512),
    rows.tooLong(at(['http', 'body']), 4096),
    {
      ...rows.rule(at(['http', 'method']), 'GET', 'must be absent unless method is POST'),
      field: rows.rule(at(['http']), {}, '').field,
    },
    ...badHeaders(rows, at),
    ...SECRET_KEYS.flatMap((path) => [
      ...texts([...path, 'name'], ['Survey'], 'must be the name of an object'),
      rows.tooLong(at([...path, 'name']), 253),
      ...texts([...path, 'key'], ['', 'a/b', 'a b'], 'must be a key of a Secret'),
      rows.tooLong(at([...path, 'key']), 253),
    ]),
  ]
}

const COUNTERS: Path[] = [
  ['counts', 'bad'],
  ['counts', 'total'],
]

const SECRET = { name: 'a', key: 'b' }

function badHeaders(rows: Rows, at: (path: Path) => Path): BadSpec[] {
  const values = at(['http', 'headers', 0, 'value'])
  return [
    ...HEADER_NAMES.flatMap((path) => [
      ...['', 'a b', 'a:', 'a\u00e4'].map((value) =>
        rows.form(at(path), value, 'must be the name of a header (letters, digits'),
      ),
      ...['Host', 'content-length', 'Transfer-Encoding'].map((value) =>
        rows.form(at(path), value, 'must not be a header that Sluice sends itself'),
      ),
      rows.tooLong(at(path), 100),
    ]),
    rows.form(values, 'ä', 'must be printable ASCII without line breaks'),
    rows.rule(values, 'a\r\nb', 'must be printable ASCII without line breaks'),
    rows.tooLong(values, 1024),
    rows.twice(at(['http', 'headers']), { name: 'a', value: '' }),
    rows.twice(at(['http', 'headersFrom']), { name: 'a', secretKeyRef: SECRET }),
    rows.tooMany(
      at(['http', 'headers']),
      Array.from({ length: 21 }, (_, index) => ({ name: `a${index}`, value: '' })),
    ),
    rows.tooMany(
      at(['http', 'headersFrom']),
      Array.from({ length: 11 }, (_, index) => ({ name: `a${index}`, secretKeyRef: SECRET })),
    ),
  ]
}

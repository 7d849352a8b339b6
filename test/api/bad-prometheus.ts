import { rolloutRows as rows } from './rows.ts'
import { pathText } from './specs.ts'
import type { BadSpec, JsonObject, Path } from './specs.ts'

/** `spec.analysis.prometheus` of a Rollout: what is taken, and what is not. */

const PROMETHEUS: Path = ['analysis', 'prometheus']
const URL: Path = [...PROMETHEUS, 'url']
const NAME: Path = [...PROMETHEUS, 'headers', 0, 'name']
const VALUE: Path = [...PROMETHEUS, 'headers', 0, 'value']

export const goodPrometheus: readonly JsonObject[] = [
  { url: 'http://10.0.0.7' },
  { url: 'http://[fd00::1]:9090/select/0:1/prometheus/' },
  { url: 'https://vm_select.shop.svc:8481/a%20b', serverName: 'vm' },
  { headers: [{ name: 'X-Scope-OrgID', value: 'shop|edge' }] },
  { secretRef: { name: 'mimir' } },
]

const URLS = [
  '',
  'mimir.example.com',
  'ftp://mimir.example.com',
  'http://',
  'http:///api',
  'http://user:password@mimir',
  'http://mimir?tenant=shop',
  'http://mimir#x',
  'http://mimir/a b',
  'http://mimir\\@other',
  'http://mimir/{{ namespace }}',
  'http://ä.example.com',
]

const NOTHING = 'must have url, headers or secretRef: without any of them it says nothing'
const NO_TLS = 'must be absent unless url begins with https:'

/** A rule of the whole whose message is about the name of the server. */
function ofServerName(row: BadSpec): BadSpec {
  return { ...row, field: `${pathText(PROMETHEUS)}.serverName` }
}

/** Bad ones, and what must be said of them. */
export const badPrometheus: readonly BadSpec[] = [
  ...URLS.map((value) =>
    rows.form(URL, value, 'must be an http or https URL without user, ? and #, such as'),
  ),
  rows.tooLong(URL, 2048),
  rows.rule(PROMETHEUS, {}, NOTHING),
  rows.rule(PROMETHEUS, { headers: [] }, NOTHING),
  ofServerName(rows.rule(PROMETHEUS, { url: 'http://a', serverName: 'b' }, NO_TLS)),
  ofServerName(rows.rule(PROMETHEUS, { secretRef: { name: 'a' }, serverName: 'b' }, NO_TLS)),
  ...['', 'a_b', 'A'].map((value) =>
    rows.form([...PROMETHEUS, 'serverName'], value, 'must be the name of an object (1 to 253 lower-case'),
  ),
  rows.tooLong([...PROMETHEUS, 'serverName'], 253),
  ...['', 'a b', 'a:', 'ä'].map((value) =>
    rows.form(
      NAME,
      value,
      'must be the name of a header (letters, digits, "-" or "_"), such as X-Scope-OrgID',
    ),
  ),
  ...['Authorization', 'HOST', 'Content-Type', 'transfer-encoding'].map((value) =>
    rows.form(NAME, value, 'must not be a header that Sluice sends itself'),
  ),
  rows.tooLong(NAME, 100),
  rows.form(VALUE, 'ä', 'must be printable ASCII without line breaks'),
  rows.rule(VALUE, 'a\r\nb', 'must be printable ASCII without line breaks'),
  rows.tooLong(VALUE, 1024),
  rows.twice([...PROMETHEUS, 'headers'], { name: 'a', value: '' }),
  rows.tooMany(
    [...PROMETHEUS, 'headers'],
    Array.from({ length: 21 }, (_, index) => ({ name: `a${index}`, value: '' })),
  ),
  ...['', 'Mimir', 'shop/mimir'].map((value) =>
    rows.form(
      [...PROMETHEUS, 'secretRef', 'name'],
      value,
      'must be the name of an object (1 to 253 lower-case',
    ),
  ),
  rows.tooLong([...PROMETHEUS, 'secretRef', 'name'], 253),
]

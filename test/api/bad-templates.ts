import { badSources } from './bad-sources.ts'
import { badTemplatesByType } from './bad-types.ts'
import { Rows } from './rows.ts'
import { exampleTemplates, templateWith } from './templates.ts'
import type { BadSpec, JsonObject } from './specs.ts'

const rows = new Rows(templateWith)

const SOURCE = 'must have exactly one of query, counts, http'

function sources(claim: string, spec: JsonObject): BadSpec {
  return { claim: `spec: ${claim}`, spec, field: 'spec', server: [SOURCE], parser: [SOURCE] }
}

const all = exampleTemplates.map(({ spec }) => spec)

const args = [
  ...['', '1a', 'a.b', 'a b', 'ä'].map((value) =>
    rows.form(['args', 0, 'name'], value, 'must be the name of a parameter (1 to 63 letters, digits'),
  ),
  ...['{{ args.country }}', 'a{{'].map((value) =>
    rows.form(['args', 0, 'default'], value, 'must have no {{ in it: parameters are not filled into values'),
  ),
  rows.twice(['args'], { name: 'a' }),
  rows.tooMany(
    ['args'],
    Array.from({ length: 21 }, (_, index) => ({ name: `a${index}` })),
  ),
  rows.tooLong(['args', 0, 'name'], 63),
  rows.tooLong(['args', 0, 'description'], 1024),
  rows.tooLong(['args', 0, 'default'], 1024),
]

/** Bad MetricTemplates and what must be said of them. */
export const badTemplates: readonly BadSpec[] = [
  ...badTemplatesByType,
  sources('no source', { description: 'nothing' }),
  sources('all three', Object.assign({}, ...all)),
  sources('query and counts', { ...all[0], counts: all[1]?.['counts'] ?? null }),
  ...badSources(rows, []),
  ...args,
  rows.tooLong(['description'], 1024),
]

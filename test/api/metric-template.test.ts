import { describe, expect, it } from 'vitest'
import { structuralSchema } from '../../scripts/generate/structural.ts'
import { SELECTOR_PATTERN, jsonSteps, piecesOf } from '../../src/api/queries.ts'
import { metricTemplateSpec, parseTemplate } from '../../src/api/v1alpha1/metric-template.ts'
import { badTemplates } from './bad-templates.ts'
import { fieldsOf } from './bad-types.ts'
import { pathText } from './specs.ts'
import { exampleTemplates } from './templates.ts'

describe('parsing a MetricTemplate', () => {
  it('fills in the defaults', () => {
    expect(parseTemplate({ counts: { bad: 'a', total: 'b' } })).toEqual({
      template: { args: [], counts: { bad: 'a', total: 'b', versionLabel: 'version' } },
    })
    expect(parseTemplate({ http: { url: 'http://a', jsonPath: '$' } })).toEqual({
      template: {
        args: [],
        http: { url: 'http://a', jsonPath: '$', method: 'GET', headers: [], headersFrom: [] },
      },
    })
  })

  it.each(exampleTemplates)(
    'leaves the example $metadata.name of the reference page as it is',
    ({ spec }) => {
      expect(parseTemplate(spec)).toEqual({ template: { args: [], ...spec } })
    },
  )

  it.each(badTemplates)('refuses, naming the field, what is allowed and what was found: $claim', (row) => {
    const parsed = parseTemplate(row.spec)
    const problems = 'problems' in parsed ? parsed.problems.join('\n') : 'none'
    for (const words of [row.field, ...row.parser]) expect(problems).toContain(words)
  })

  it.each([undefined, null, 'text', []])('refuses %j in place of a spec', (raw) => {
    expect(parseTemplate(raw)).toHaveProperty('problems')
  })
})

describe('the table of bad MetricTemplates', () => {
  const withoutIndex = (field: string) => field.replaceAll(/\[\d+\]/g, '[]')
  const fields = fieldsOf(structuralSchema(metricTemplateSpec, 'spec'))
  const ruled = fields.filter(([, node]) => node['x-kubernetes-validations'] !== undefined)

  it.each(ruled.map(([path, node]) => [withoutIndex(pathText(path)), node] as const))(
    'breaks every rule of %s',
    (field, node) => {
      const said = badTemplates
        .filter((row) => withoutIndex(row.field).startsWith(field))
        .flatMap((row) => row.server)
      for (const { message } of node['x-kubernetes-validations'] ?? []) {
        expect(said.filter((words) => message.includes(words) || words.includes(message))).not.toHaveLength(0)
      }
    },
  )
})

describe('a selector of counters', () => {
  it.each([
    'up',
    ' job:orders_total \n',
    'orders_total{}',
    `orders_total{a="b}\\"", c=~'{x}',\n d!=\`"\`}`,
    '{__name__=~"orders_(ok|failed)_total", service="{{ service }}"}',
    '{{ args.metric }}{version="{{ canary }}"}',
    'orders_total{ {{ args.label }}="x"}',
  ])('is %s', (text) => {
    expect(SELECTOR_PATTERN.test(text)).toBe(true)
  })

  it('is told from other texts at once, however they were made to take long', () => {
    for (const part of [' ', '{', '{{', '"', '""', '{{ a }}', 'a', '\\"', "{a='b'"])
      expect(SELECTOR_PATTERN.test(`${part.repeat(4096 / part.length)}!`)).toBe(false)
  })
})

describe('a JSONPath', () => {
  it.each([
    ['$', []],
    ['$.a.b_1', ['a', 'b_1']],
    ['$[0][-1]', [0, -1]],
    [`$['a b']["c'd"].e[2]`, ['a b', "c'd", 'e', 2]],
  ])('of %s leads through names and indices', (path, steps) => {
    expect(jsonSteps(path)).toEqual(steps)
  })

  it('of any other form is refused', () => {
    expect(() => jsonSteps('$..a')).toThrow(RangeError)
  })
})

describe('parameters of a text', () => {
  it('stand between what is around them', () => {
    expect(piecesOf('a{{ b }}{{args.c}}}{{ 1 }}')).toEqual([
      { text: 'a' },
      { parameter: 'b' },
      { parameter: 'args.c' },
      { text: '}{{ 1 }}' },
    ])
  })
})

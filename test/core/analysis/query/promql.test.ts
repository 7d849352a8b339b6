import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParameterError } from '../../../../src/core/analysis/query/parameters.ts'
import { filledPromql } from '../../../../src/core/analysis/query/promql.ts'
import { cases } from '../../property.ts'
import { stringsOf, structureOf } from './tokens.ts'

const fill = (template: string, x: string) =>
  filledPromql(
    template,
    new Map([
      ['args.x', x],
      ['window', '1m'],
    ]),
  )

/** Texts that try to get out. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => text.isWellFormed()),
  fc
    .array(fc.constantFrom('"', "'", '`', '\\', '\n', '{', '}', '{{', '}}', ')', ' or ', '#', '.*', '[', 'a'))
    .map((parts) => parts.join('')),
  fc.constantFrom('and', 'OR', 'by', 'inf', 'NaN', '5m', '0.5', '-1', 'up', '1e5', '0x1', 'sum'),
)

const INSIDE = [
  'm{l="{{ args.x }}"}',
  'm{l="a{{ args.x }}b{{args.x}}"} / n{l=\'{{ args.x }}\'}',
  "m{l!='{{ args.x }}', k=\"it's\"}",
  'm{l=~"{{ args.x }}|other"}',
  'm{l =~ "v[{{ args.x }}]"}',
  "m{l!~'{{ args.x }}.*'}",
  String.raw`m{l="\"{{ args.x }}\\"}`,
]

const OUTSIDE = [
  'rate(m{k="v"}[{{ args.x }}]) > 1',
  'm > {{ args.x }}',
  'm offset {{ args.x }} or n',
  'sum by ({{ args.x }}) (m)',
  '{{ args.x }}{l="v"} - {{ args.x }}',
  '{{ args.x }} # {{ args.x }}\n + 1',
  '-{{ args.x }}',
]

describe('a parameter inside a string of PromQL', () => {
  it.each(INSIDE)('never changes the structure of %s', (template) => {
    const expected = structureOf(fill(template, 'x'))
    fc.assert(
      fc.property(nasty, (value) => {
        expect(structureOf(fill(template, value))).toEqual(expected)
      }),
      cases(500),
    )
  })

  it.each(['m{l="{{ args.x }}"}', "m{l='{{ args.x }}'}"])('is read as it was given in %s', (template) => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(stringsOf(fill(template, value))).toEqual([value])
      }),
      cases(500),
    )
  })

  it.each(['m{l=~"^{{ args.x }}$"}', "m{l!~'^{{ args.x }}$'}", 'm{l=~`^{{ args.x }}$`}'])(
    'matches itself alone as part of the regular expression of %s',
    (template) => {
      fc.assert(
        fc.property(nasty, nasty, (value, other) => {
          fc.pre(!template.includes('`') || !value.includes('`'))
          const [pattern = ''] = stringsOf(fill(template, value))
          const regex = new RegExp(pattern)
          expect(regex.test(value)).toBe(true)
          expect(regex.test(other)).toBe(value === other)
        }),
        cases(500),
      )
    },
  )

  it('stands for itself between brackets of a regular expression', () => {
    expect(fill('m{l=~"[{{ args.x }}]"}', 'a-z]^')).toBe(String.raw`m{l=~"[a\\-z\\]\\^]"}`)
  })

  it('in back quotes is taken as it is, unless it has one', () => {
    expect(fill('m{l=`{{ args.x }}`}', 'a"\\b')).toBe('m{l=`a"\\b`}')
    expect(() => fill('m{l=`{{ args.x }}`}', '`} or up{a=`')).toThrow(
      'stands in back quotes, and its value has one',
    )
  })

  it.each([
    [String.raw`m{l="\{{ args.x }}"}`, 'a backslash stands right before {{ args.x }}'],
    [String.raw`m{l=~"\\{{ args.x }}"}`, 'a backslash stands right before {{ args.x }}'],
    ['m{l=~`\\{{ args.x }}`}', 'a backslash stands right before {{ args.x }}'],
    [String.raw`m{l=~"\\Q{{ args.x }}\\E"}`, String.raw`stands behind \Q`],
    ['m{l="{{ args.x }}}', 'a string that begins with " has no end'],
  ])('is refused in %s', (template, message) => {
    expect(() => fill(template, 'v')).toThrow(ParameterError)
    expect(() => fill(template, 'v')).toThrow(message)
  })

  it('of 10 KB is escaped like any other', () => {
    const value = '"\\\n{}'.repeat(2048)
    expect(stringsOf(fill('m{l="{{ args.x }}"}', value))).toEqual([value])
  })
})

describe('a parameter outside of a string', () => {
  it.each(OUTSIDE)('never changes the structure of %s', (template) => {
    const allowed = ['x', '1', '1m'].map((sample) => structureOf(fill(template, sample)).join(' '))
    fc.assert(
      fc.property(nasty, (value) => {
        const filled = attempt(template, value)
        if (filled === undefined) return
        expect(allowed).toContain(
          structureOf(value.startsWith('-') ? filled.replaceAll(value, '1') : filled).join(' '),
        )
      }),
      cases(1000),
    )
  })

  it.each(['0.95', '-1', '5m', '1h30m', 'orders_total', 'job:orders:rate5m'])('may be %s', (value) => {
    expect(fill('{{ args.x }}', value)).toBe(value)
  })

  it.each([
    '',
    ' ',
    'or',
    'BY',
    'inf',
    'NaN',
    '1e5',
    '5 or up',
    'a-b',
    'a.b',
    'a(',
    '"a"',
    'up{}',
    'ä',
    '1m or 2',
  ])('may not be %j', (value) => {
    expect(() => fill('m > {{ args.x }}', value)).toThrow(
      `{{ args.x }} stands outside of a string, where only a number, a duration or the name of a metric may: found ${JSON.stringify(value)}`,
    )
  })

  it.each([
    'm_{{ args.x }}',
    '{{ args.x }}_total',
    '1.{{ args.x }}',
    '{{ args.x }}{{ args.x }}',
    '{{ args.x }}.5',
  ])('stands by itself, unlike in %s', (template) => {
    expect(() => fill(template, '5')).toThrow('it must stand by itself')
  })

  it.each(['{{ args.x }}(m)', '{{ args.x }} (m)', '{{ args.x }} # why\n (m)'])(
    'names no function in %s',
    (template) => {
      expect(() => fill(template, 'absent')).toThrow('a parameter can not name a function')
    },
  )

  it('shows no more of a long value than is of use', () => {
    expect(() => fill('m > {{ args.x }}', 'a b'.repeat(4000))).toThrow(/found ".{61}"$/)
  })
})

describe('a template', () => {
  it('loses its comments, with what they could hide', () => {
    expect(fill('m # "{{ args.x }}\n/ n', 'a\nb')).toBe('m \n/ n')
  })

  it('takes a # in a string for what it is', () => {
    expect(fill('m{l="#{{ args.x }}"}', 'a')).toBe('m{l="#a"}')
  })

  it.each(['m{l="{{ x"}', '{{ }}', 'm{l="{{ args x }}"}', '{{\nargs.x }}', '{{ 1 }}'])(
    'with a broken parameter is refused: %j',
    (template) => {
      expect(() => fill(template, 'a')).toThrow('begins no parameter: write {{ name }}')
    },
  )

  it('with a parameter that nobody gave is refused, naming those that there are', () => {
    expect(() => fill('m{l="{{ args.y }}"}', 'a')).toThrow(
      'there is no parameter {{ args.y }}; there are args.x, window',
    )
    expect(() => fill('m{l="{{ x }}"}', 'a')).toThrow('write {{ args.x }}')
  })
})

function attempt(template: string, value: string): string | undefined {
  try {
    return fill(template, value)
  } catch (error) {
    expect(error).toBeInstanceOf(ParameterError)
    return undefined
  }
}

import { describe, expect, it } from 'vitest'
import { structuralSchema } from '../../scripts/generate/structural.ts'
import { parseReadable, parseSpec } from '../../src/api/v1alpha1/rollout.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { goodFaults } from './bad-faults.ts'
import { goodPrometheus } from './bad-prometheus.ts'
import { badSpecs } from './bad-specs.ts'
import { fieldsOf } from './bad-types.ts'
import { exampleRollout, exampleWith, minimalSpec, minimalSpecWithDefaults, pathText } from './specs.ts'

describe('parsing a spec', () => {
  it('fills in the defaults of a minimal spec', () => {
    expect(parseSpec(minimalSpec)).toEqual({ spec: minimalSpecWithDefaults })
  })

  it('leaves the example of the reference page as it is', () => {
    expect(parseSpec(exampleRollout.spec)).toEqual({ spec: exampleRollout.spec })
  })

  it.each(goodFaults)('takes a fault probe: $claim', ({ fault }) => {
    expect(parseSpec(exampleWith(['faults', 0], fault))).toHaveProperty('spec')
  })

  it.each(goodPrometheus)('takes the Prometheus %j', (prometheus) => {
    expect(parseSpec(exampleWith(['analysis', 'prometheus'], prometheus))).toMatchObject({
      spec: { analysis: { prometheus } },
    })
  })

  it.each(badSpecs)('refuses, naming the field, what is allowed and what was found: $claim', (row) => {
    const parsed = parseSpec(row.spec)
    const problems = 'problems' in parsed ? parsed.problems.join('\n') : 'none'
    for (const words of [row.field, ...row.parser]) expect(problems).toContain(words)
  })

  it.each([undefined, null, 'text', []])('refuses %j in place of a spec', (raw) => {
    expect(parseSpec(raw)).toHaveProperty('problems')
  })
})

describe('reading what of a spec can be read', () => {
  it('takes a valid spec as it is', () => {
    expect(parseReadable(exampleRollout.spec)).toEqual({ spec: exampleRollout.spec })
  })

  it('leaves workloads alone where it cannot tell what becomes of them', () => {
    const raw = { ...minimalSpec, retire: { policy: 'Archive' }, capacity: 'Clever', later: 1, analysis: {} }
    expect(parseReadable(raw)).toMatchObject({
      spec: { traffic: minimalSpec['traffic'], retire: { policy: 'Keep' }, capacity: 'Manual' },
    })
  })

  it('keeps what is valid beside it', () => {
    const raw = { ...minimalSpec, retire: { policy: 'Delete', after: '1m' }, steps: 'many' }
    expect(parseReadable(raw)).toMatchObject({ spec: { retire: { policy: 'Delete', after: '1m' } } })
  })

  it.each(badSpecs.filter(({ field }) => /^spec[.](traffic|version)([.[]|$)/.test(field)))(
    'refuses, with all problems, a spec that does not tell what it moves: $claim',
    ({ spec }) => {
      expect(parseReadable(spec)).toEqual(parseSpec(spec))
    },
  )

  it.each([undefined, null, 'text', [], {}])('refuses %j in place of a spec', (raw) => {
    expect(parseReadable(raw)).toEqual(parseSpec(raw))
  })
})

describe('the table of bad specs', () => {
  const withoutIndex = (field: string) => field.replaceAll(/\[\d+\]/g, '[]')
  const ruled = fieldsOf(structuralSchema(rolloutSpec, 'spec')).filter(
    ([, node]) => node['x-kubernetes-validations'] !== undefined,
  )

  it.each(ruled.map(([path, node]) => [withoutIndex(pathText(path)), node] as const))(
    'breaks every rule of %s',
    (field, node) => {
      const said = badSpecs
        .filter((row) => withoutIndex(row.field).startsWith(field))
        .flatMap((row) => row.server)
      for (const { message } of node['x-kubernetes-validations'] ?? []) {
        expect(said.filter((words) => message.includes(words) || words.includes(message))).not.toHaveLength(0)
      }
    },
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findSubset,
  subsetName,
  versionOfSubset,
  withSubset,
  withoutSubset,
} from '../../../src/core/traffic/subsets.ts'
import { cases } from '../property.ts'
import { aDestinationRule, aSubset } from '../shop.ts'

/** Values that Kubernetes accepts for labels. */
const labelValue = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

describe('the name of a new subset', () => {
  it('is a DNS label for any version', () => {
    fc.assert(
      fc.property(labelValue, (version) => DNS_LABEL.test(subsetName(version))),
      cases(500),
    )
    for (const version of ['', '_', '...', 'ÄÖÜ', '1.2.3+build', 'V2', 'x'.repeat(63)])
      expect(subsetName(version)).toMatch(DNS_LABEL)
  })

  it('is another for another version, even if the slug is the same', () => {
    const names = ['v1.2', 'v1-2', 'V1.2', 'v1_2', 'v12', `${'x'.repeat(50)}1`, `${'x'.repeat(50)}2`]
    expect(new Set(names.map(subsetName)).size).toBe(names.length)
    fc.assert(
      fc.property(labelValue, labelValue, (a, b) => a === b || subsetName(a) !== subsetName(b)),
      cases(500),
    )
  })

  it('begins with what people know the version by', () => {
    expect(subsetName('v1.2')).toMatch(/^v1-2-[0-9a-z]{7}$/)
  })
})

describe('subsets', () => {
  const rule = aDestinationRule([aSubset('v1', { name: 'stable' }), aSubset('v2')])

  it('are found by their labels, whatever their names', () => {
    expect(findSubset(rule, 'version', 'v1')?.name).toBe('stable')
    expect(findSubset(rule, 'version', 'stable')).toBeUndefined()
    expect(findSubset(rule, 'track', 'v1')).toBeUndefined()
    expect(versionOfSubset(rule, 'version', 'stable')).toBe('v1')
    expect(versionOfSubset(rule, 'version', 'v1')).toBeUndefined()
  })

  it('of one version are told apart by who is named, the first first', () => {
    const several = aDestinationRule(['eu', 'all', 'us'].map((name) => aSubset('v1', { name })))
    expect(findSubset(several, 'version', 'v1')?.name).toBe('eu')
    expect(findSubset(several, 'version', 'v1', ['other', 'us', 'all'])?.name).toBe('us')
    expect(findSubset(several, 'version', 'v2', ['us'])).toBeUndefined()
  })

  it("are added with stable's policies and other labels, and one version", () => {
    const like = aSubset('v1', { labels: { app: 'reviews', version: 'v1' } })
    const added = withSubset(rule, like, { name: 'v3', versionLabel: 'version', version: 'v3' })
    expect(added.spec.subsets?.[2]).toEqual({
      ...like,
      name: 'v3',
      labels: { app: 'reviews', version: 'v3' },
    })
    expect(withoutSubset(added, 'v3')).toEqual(rule)
  })

  it('are not invented where the rule has none', () => {
    const { subsets: _none, ...spec } = rule.spec
    const bare = { ...rule, spec }
    expect(withoutSubset(bare, 'v1')).toEqual(bare)
  })
})

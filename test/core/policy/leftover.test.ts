import { describe, expect, it } from 'vitest'
import { preflight } from '../../../src/core/policy/preflight.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import type { MeshObject } from '../../../src/core/traffic/types.ts'
import { KEY, ROLLOUT, V1, V2, aDestinationRule, aSubset, aVirtualService, to } from '../shop.ts'
import { aScene } from './scene.ts'

const RELEASE = 'v2-a-1'
const base: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: RELEASE, seq: 7, stable: 'v1' }
const rule = aDestinationRule([aSubset('v1'), aSubset('v2')])
const divided = aVirtualService([to('v1', 95), to('v2', 5)])
const promoted = aVirtualService([to('v2')])

function marked<T extends MeshObject>(object: T, changes: Partial<Mark>): T {
  return withMark(object, KEY, { ...base, ...changes })
}

/** What preflight says of what a lost workflow left behind. */
function left(changes: Partial<Scene>) {
  return preflight(aScene({ destinationRule: rule, ...changes }))
}

describe('a release that lost its workflow', () => {
  it('in mid-release is taken back, to the version that its mark names', () => {
    const virtualService = marked(divided, { canary: 'v2', weight: 5 })
    expect(left({ virtualServices: [virtualService] })).toEqual({
      kind: 'Leftover',
      floor: 17,
      stable: V1,
      canary: V2,
    })
  })

  it('is taken back before anything is asked of Service, route or pods', () => {
    const virtualService = marked(aVirtualService([to('v9')]), { canary: 'v2' })
    expect(
      left({ virtualServices: [virtualService], service: undefined, readyPods: {}, versions: [] }).kind,
    ).toBe('Leftover')
  })

  it('after weight 0 is cleaned up, as the rule tells', () => {
    const virtualService = marked(aVirtualService([to('v1')]), { halted: true })
    const destinationRule = marked(rule, { canary: 'v2', seq: 4, subsets: ['v2'] })
    expect(left({ virtualServices: [virtualService], destinationRule })).toEqual({
      kind: 'Leftover',
      floor: 17,
      stable: V1,
      canary: V2,
    })
  })

  it('after its promotion is retired, not taken back', () => {
    const virtualService = marked(promoted, { stable: 'v2' })
    const destinationRule = marked(rule, { canary: 'v2', seq: 4 })
    expect(
      left({ virtualServices: [virtualService], destinationRule, status: { stableVersion: 'v2' } }),
    ).toMatchObject({
      kind: 'Leftover',
      promoted: RELEASE,
      stable: V1,
      canary: V2,
    })
    expect(
      left({ virtualServices: [virtualService], destinationRule, status: { stableVersion: 'v1' } }),
    ).toMatchObject({
      promoted: RELEASE,
    })
  })

  it('after its promotion is retired, too, when somebody took the mark out of the VirtualService', () => {
    const destinationRule = marked(rule, { canary: 'v2', seq: 4 })
    const status = { stableVersion: 'v2' }
    expect(left({ virtualServices: [promoted], destinationRule, status })).toMatchObject({
      kind: 'Leftover',
      promoted: RELEASE,
    })
    // At the bake the old version is still named.
    const bake = aVirtualService([to('v1', 0), to('v2', 100)])
    expect(left({ virtualServices: [bake], destinationRule })).not.toHaveProperty('promoted')
  })

  it('that is over, but kept its weights for want of stable’s pods, is taken back', () => {
    const virtualService = marked(divided, { canary: 'v2', halted: true, weight: 5 })
    expect(left({ virtualServices: [virtualService] })).toMatchObject({ kind: 'Leftover', canary: V2 })
  })

  it('is taken back to the subset that the route names, of several', () => {
    const virtualService = marked(divided, { canary: 'v2', weight: 5 })
    const subsets = ['v1-eu', 'v1', 'v2-eu', 'v2'].map((name) => aSubset(name.slice(0, 2), { name }))
    expect(
      left({ virtualServices: [virtualService], destinationRule: aDestinationRule(subsets) }),
    ).toMatchObject({ stable: V1, canary: V2 })
  })

  it('does not send users to a version that another witness contradicts', () => {
    const virtualService = marked(promoted, { canary: 'v3', stable: 'v1' })
    expect(left({ virtualServices: [virtualService], status: { stableVersion: 'v2' } })).toMatchObject({
      kind: 'Refused',
      findings: [{ reason: 'StableUnknown' }],
    })
  })

  it('does not send users to a version whose subset is gone', () => {
    const virtualService = marked(divided, { canary: 'v2', stable: 'v0' })
    expect(left({ virtualServices: [virtualService] }).kind).toBe('Refused')
  })

  it('is not seen in marks of releases that ended', () => {
    const virtualService = marked(aVirtualService([to('v1')]), { halted: true })
    expect(left({ virtualServices: [virtualService], destinationRule: marked(rule, {}) }).kind).toBe(
      'Cleared',
    )
  })
})

describe('the next release', () => {
  it('begins above the sequences that stand in the cluster, and above those a lost workflow may hold', () => {
    const virtualService = marked(aVirtualService([to('v1')]), { seq: 41 })
    const destinationRule = marked(rule, { seq: 42 })
    const release = { id: 'r', seq: 43, phase: 'Done', version: 'v1', templateHash: '', step: 0, steps: 4 }
    expect(left({ virtualServices: [virtualService], destinationRule, status: { release } }).floor).toBe(53)
    expect(left({ virtualServices: [virtualService], destinationRule }).floor).toBe(52)
    expect(left({ virtualServices: [virtualService] }).floor).toBe(51)
    expect(left({}).floor).toBe(0)
  })

  it('is told which one failed last', () => {
    const lastFailed = { version: 'v2', templateHash: 'a', reason: 'MetricFailed', message: 'bad', at: '' }
    expect(left({ status: { lastFailed } })).toMatchObject({ kind: 'Cleared', lastFailed })
    expect(left({})).not.toHaveProperty('lastFailed')
  })
})

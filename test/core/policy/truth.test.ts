import { describe, expect, it } from 'vitest'
import { truthOf, witnessesOf } from '../../../src/core/policy/truth.ts'
import type { Truth, Witnesses } from '../../../src/core/policy/truth.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { RouteDestination } from '../../../src/core/traffic/types.ts'
import { KEY, SERVICE, aDestinationRule, aSubset, aVirtualService, primary, to } from '../shop.ts'

describe('the version that users have', () => {
  it.each<[string, Partial<Witnesses>, Truth]>([
    ['is what all say', { routes: ['v1'], marks: ['v1'], status: 'v1', initial: 'v0' }, { version: 'v1' }],
    ['is what the route says alone', { routes: ['v1'], initial: 'v0' }, { version: 'v1' }],
    ['is what the mark says of a divided route', { marks: ['v1'], status: 'v1' }, { version: 'v1' }],
    ['is what the status says when nobody else does', { status: 'v1', initial: 'v0' }, { version: 'v1' }],
    ['is initialVersion only when nobody else knows', { initial: 'v0' }, { version: 'v0' }],
    ['is not known when nobody says anything', {}, { unknown: true }],
    [
      'is not decided when route and mark disagree',
      { routes: ['v2'], marks: ['v1'] },
      { conflict: 'the route sends 100 % to v2, the mark names v1' },
    ],
    [
      'is not decided when the status disagrees',
      { routes: ['v2'], marks: ['v2'], status: 'v1' },
      { conflict: 'the route sends 100 % to v2, the mark names v2, status.stableVersion names v1' },
    ],
    [
      'is not decided by initialVersion',
      { marks: ['v2'], status: 'v1', initial: 'v1' },
      { conflict: 'the mark names v2, status.stableVersion names v1' },
    ],
    [
      'is not decided when routes disagree',
      { routes: ['v1', 'v2', 'v1'], marks: ['v1'] },
      {
        conflict: 'the route sends 100 % to v1, the route sends 100 % to v2, the mark names v1',
      },
    ],
    ['is what one route says when the other is divided', { routes: [undefined, 'v1'] }, { version: 'v1' }],
  ])('%s', (_, witnesses, truth) => {
    expect(truthOf({ routes: [], marks: [], ...witnesses })).toEqual(truth)
  })
})

describe('the route as a witness', () => {
  const rule = aDestinationRule([aSubset('v1', { name: 'stable' }), aSubset('v2')])

  function routed(...route: RouteDestination[]): string | undefined {
    const virtualService = aVirtualService(route)
    return witnessesOf({
      routes: [{ virtualService, route: primary(virtualService) }],
      destinationRule: rule,
      service: SERVICE,
      versionLabel: 'version',
      rollout: KEY,
      status: {},
      initialVersion: undefined,
    }).routes[0]
  }

  it.each<[string, RouteDestination[], string | undefined]>([
    ['names the version of its only subset, not the subset', [to('stable')], 'v1'],
    ['counts 100 of 100', [to('stable', 0), to('v2', 100)], 'v2'],
    ['says nothing when it is divided', [to('stable', 99), to('v2', 1)], undefined],
    ['says nothing of a subset that nobody knows', [to('v9')], undefined],
    ['says nothing without a subset', [to(undefined)], undefined],
  ])('%s', (_, route, expected) => {
    expect(routed(...route)).toBe(expected)
  })

  it('stands beside mark, status and initialVersion', () => {
    const mark = { rollout: KEY, uid: 'u', release: 'r', seq: 1, stable: 'v7' }
    const virtualService = withMark(aVirtualService([to('stable')]), KEY, mark)
    const witnesses = witnessesOf({
      routes: [{ virtualService, route: primary(virtualService) }],
      destinationRule: rule,
      service: SERVICE,
      versionLabel: 'version',
      rollout: KEY,
      status: { stableVersion: 'v8' },
      initialVersion: 'v9',
    })
    expect(witnesses).toEqual({ routes: ['v1'], marks: ['v7'], status: 'v8', initial: 'v9' })
  })
})

import { describe, expect, it } from 'vitest'
import { FINALIZER } from '../../../src/api/names.ts'
import { parseSpec } from '../../../src/api/v1alpha1/rollout.ts'
import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { decide, isActive } from '../../../src/core/policy/decide.ts'
import type { Decision, Sight } from '../../../src/core/policy/decide.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import { minimalSpec } from '../../api/specs.ts'
import { KEY, ROLLOUT, aDestinationRule, aSubset, aVirtualService, to } from '../shop.ts'

const MARK: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'r', seq: 3, stable: 'v1' }
const FAILURE = {
  version: 'v2',
  templateHash: 'a',
  reason: 'MetricFailed',
  message: '14 of 300 failed',
  at: '',
}
const ACTIVE: RolloutStatus = { release: { ...released('Observing') } }

function released(phase: string): NonNullable<RolloutStatus['release']> {
  return { id: 'r', seq: 3, phase, version: 'v2', templateHash: 'a', step: 1, steps: 4 }
}

interface Circumstances {
  readonly spec?: object
  readonly status?: RolloutStatus
  readonly meta?: Partial<RawRollout['meta']>
  readonly sight?: Partial<Sight>
}

/** A Rollout that wants v2 while users have v1. */
function sightOf({ spec, status = {}, meta, sight }: Circumstances): Sight {
  const whole = { ...minimalSpec, ...spec }
  return {
    rollout: {
      meta: {
        ...ROLLOUT,
        generation: 3,
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        finalizers: [],
        ...meta,
      },
      spec: whole,
      status,
    },
    parsed: parseSpec(whole),
    virtualServices: [aVirtualService([to('v1')])],
    destinationRule: aDestinationRule([aSubset('v1'), aSubset('v2')]),
    templateHash: 'a',
    ...sight,
  }
}

function decided(circumstances: Circumstances): string {
  const decision: Decision = decide(sightOf(circumstances))
  return decision.kind === 'Settle' ? `Settle ${decision.standing.reason}` : decision.kind
}

const DELETED = { deletionTimestamp: '2026-01-03T00:00:00Z' }
const users = (version: string) => ({ sight: { virtualServices: [aVirtualService([to(version)])] } })

describe('the controller', () => {
  it.each<[string, Circumstances, string]>([
    ['another version than users have is wanted: delivers', {}, 'Deliver'],
    ['users have it: settles', users('v2'), 'Settle Stable'],
    ['a release is under way: delivers, whatever is wanted', { ...users('v2'), status: ACTIVE }, 'Deliver'],
    [
      'a release is over: settles',
      { ...users('v2'), status: { release: released('Done') } },
      'Settle Stable',
    ],
    ['the Rollout is paused: starts nothing', { spec: { paused: true } }, 'Settle Paused'],
    ['it is paused in mid-release: delivers', { spec: { paused: true }, status: ACTIVE }, 'Deliver'],
    ['this release failed: waits for another', { status: { lastFailed: FAILURE } }, 'Settle RolledBack'],
    [
      'another version failed: delivers',
      { status: { lastFailed: { ...FAILURE, version: 'v9' } } },
      'Deliver',
    ],
    [
      'another template of it failed: delivers',
      { status: { lastFailed: { ...FAILURE, templateHash: 'b' } } },
      'Deliver',
    ],
    [
      'its workload was removed after it failed: still waits',
      { status: { lastFailed: FAILURE }, sight: { templateHash: '' } },
      'Settle RolledBack',
    ],
    ['the spec is invalid: says so', { spec: { version: 'v/2' } }, 'Settle Invalid'],
    [
      'an older Rollout has the route: says so',
      { sight: { taken: 'the older Rollout' } },
      'Settle PreflightFailed',
    ],
    [
      'the VirtualService is not there: preflight explains',
      { sight: { virtualServices: [undefined] } },
      'Deliver',
    ],
    [
      'the DestinationRule is not there: preflight explains',
      { sight: { destinationRule: undefined } },
      'Deliver',
    ],
    [
      'route and status disagree: preflight explains',
      { ...users('v2'), status: { stableVersion: 'v1' } },
      'Deliver',
    ],
    ['it is deleted and held: delivers', { meta: { ...DELETED, finalizers: [FINALIZER] } }, 'Deliver'],
    [
      'it is deleted, and only others hold it: does nothing',
      { meta: { ...DELETED, finalizers: ['x'] } },
      'Nothing',
    ],
    ['it is deleted and idle: does nothing', { meta: DELETED }, 'Nothing'],
  ])('when %s', (_, circumstances, expected) => {
    expect(decided(circumstances)).toBe(expected)
  })

  it('hands over all that the workflow needs, from the spec as it is now', () => {
    expect(decide(sightOf({}))).toMatchObject({
      kind: 'Deliver',
      wanted: {
        uid: ROLLOUT.uid,
        version: 'v2',
        templateHash: 'a',
        paused: false,
        deleting: false,
        plan: { generation: 3, service: 'reviews' },
      },
    })
  })

  it('does not start a release that failed only because the status was lost', () => {
    const failed = { version: 'v2', templateHash: 'a', reason: 'MetricFailed' }
    const virtualServices = [withMark(aVirtualService([to('v1')]), KEY, { ...MARK, failed })]
    expect(decided({ sight: { virtualServices } })).toBe('Settle RolledBack')
    expect(decided({ sight: { virtualServices, templateHash: 'b' } })).toBe('Deliver')
    expect(decided({ sight: { virtualServices }, status: { stableVersion: 'v1' } })).toBe('Deliver')
  })

  it('says why a release that failed is not started, and what users have meanwhile', () => {
    const status = { lastFailed: FAILURE, stableVersion: 'v1' }
    expect(decide(sightOf({ status }))).toMatchObject({
      standing: { type: 'Stalled', message: 'v2 was rolled back: 14 of 300 failed; users have v1' },
    })
  })

  it('names all problems of an invalid spec', () => {
    expect(decide(sightOf({ spec: { version: '', steps: [] } }))).toMatchObject({
      standing: { message: expect.stringMatching(/spec\.version: .*; spec\.steps: /) },
    })
  })

  it('delivers when the marks tell of a release that the status does not know yet', () => {
    const unfinished = { ...MARK, canary: 'v2' }
    const virtualService = withMark(aVirtualService([to('v1')]), KEY, unfinished)
    const destinationRule = withMark(aDestinationRule(), KEY, unfinished)
    const spec = { version: 'v1' }
    expect(decided({ spec })).toBe('Settle Stable')
    expect(decided({ spec, sight: { virtualServices: [virtualService] } })).toBe('Deliver')
    expect(decided({ spec, sight: { destinationRule } })).toBe('Deliver')
  })

  it('does not take a stranger’s route to the wanted version for the managed one', () => {
    const object = aVirtualService([to('v1')])
    const testers = { name: 'testers', match: [{ headers: {} }], route: [to('v2')] }
    const virtualService = {
      ...object,
      spec: { ...object.spec, http: [testers, ...(object.spec.http ?? [])] },
    }
    expect(decided({ sight: { virtualServices: [virtualService] } })).toBe('Deliver')
  })
})

describe('a release is under way', () => {
  it.each<[RolloutStatus, boolean]>([
    [{}, false],
    [{ release: released('Done') }, false],
    [{ release: released('Refused') }, true],
    [{ release: released('Retaining') }, true],
  ])('as %j tells: %s', (status, expected) => {
    expect(isActive(status)).toBe(expected)
  })
})

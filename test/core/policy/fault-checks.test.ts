import { describe, expect, it } from 'vitest'
import { FAULTS_ANNOTATION } from '../../../src/api/names.ts'
import { faultChecks, optionalNotes } from '../../../src/core/policy/fault-checks.ts'
import { preflight } from '../../../src/core/policy/preflight.ts'
import type { Scene } from '../../../src/core/policy/scene.ts'
import { aPlan } from '../shop.ts'
import { HOST, PROBER, aFault, aSidecar, known, probing, scoped, steering } from './fault-rows.ts'
import { aScene, workload } from './scene.ts'

const MISSING = { hosts: { [HOST]: [] }, virtualServices: [] }

/** A fault of ours that another Rollout has there. */
const TAKEN = steering(
  {},
  {
    annotations: {
      [FAULTS_ANNOTATION]: JSON.stringify([
        {
          id: 'other',
          name: 'other',
          owner: 'shop/other',
          reason: 'a probe',
          host: HOST,
          injectedAt: '2026-01-01T00:00:00Z',
          expiresAt: '2026-01-01T00:01:00Z',
          meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'other' } },
        },
      ]),
    },
  },
)

describe('a probe is in order', () => {
  it.each<[string, Partial<Scene>]>([
    ['whose dependency has a VirtualService', probing()],
    ['whose dependency has none', probing({ virtualServices: [] })],
    [
      'whose VirtualService is in another namespace, which allows it',
      probing({
        virtualServices: [
          steering({}, { namespace: 'ratings', annotations: { 'sluice.dev/allow-from': 'shop' } }),
        ],
      }),
    ],
    [
      'whose VirtualService is not exported to the canary',
      probing({
        virtualServices: [steering({ exportTo: ['.'] }, { namespace: 'ratings' })],
      }),
    ],
    [
      'whose dependency has the fault of another Rollout, which it waits for',
      probing({ virtualServices: [TAKEN] }),
    ],
    ['of whose dependency nobody knows anything', probing({ hosts: {}, virtualServices: [] })],
    [
      'whose dependency is outside of the mesh',
      probing(
        { hosts: { 'api.example.com': [known({ kind: 'ServiceEntry', host: 'api.example.com' })] } },
        { dependency: 'api.example.com' },
      ),
    ],
    ['that a Sidecar lets through', probing({ sidecars: [aSidecar()] })],
    [
      'whose Sidecar is for other pods',
      probing({ sidecars: [aSidecar({ selector: { app: 'ratings' }, hosts: ['~/*'] })] }),
    ],
    ['whose pods are not there yet', { ...probing({ pods: [] }), workloads: [workload('v2')] }],
    [
      'whose limits fit their metrics',
      probing(
        {},
        {
          expect: [
            { metric: 'p99', max: '250ms' },
            { metric: 'error-rate', max: '2%' },
          ],
        },
      ),
    ],
    [
      'that users meet as far as the administrator allows it',
      scoped({ traffic: 'RealRequests', abort: { percent: 5, httpStatus: 503 } }, { maxPercent: 5 }),
    ],
    [
      'whose prober tells of times between the boundaries of the histogram',
      scoped({ canary: PROBER, expect: [{ metric: 'p99', max: '300ms' }] }),
    ],
    [
      'of a prober, though the pods have no sidecar',
      scoped({ canary: PROBER }, { pods: [{ name: 'a', labels: {}, hasSidecar: false }] }),
    ],
    ['where nobody knows the limit of the administrator', probing({}, { durationMs: 36_000_000 })],
  ])('%s', (name, scene) => {
    const { faults } = scene
    const given = name.startsWith('where') && faults ? { ...faults, maxDurationMs: Infinity } : faults
    expect(faultChecks(aScene({ ...scene, ...(given && { faults: given }) }))).toEqual({
      required: [],
      optional: [],
    })
  })
})

it('a probe that no step names is not asked for anything', () => {
  const scene = aScene({ ...probing(MISSING), plan: aPlan({ faults: [aFault()] }) })
  expect(faultChecks(scene).required).toEqual([])
})

it('a probe that is not required holds no release up, and what is wrong with it is told', () => {
  const scene = aScene(probing(MISSING, { required: false }))
  expect(preflight(scene).kind).toBe('Cleared')
  expect(optionalNotes(scene)).toEqual([
    expect.stringMatching(/no Service and no ServiceEntry.*not required/),
  ])
})

it('a first installation has no steps, and so no probes', () => {
  expect(preflight(aScene({ ...probing(MISSING), readyPods: { v2: 1 } }))).toMatchObject({
    kind: 'Cleared',
    adopt: true,
  })
})

it('what is wrong with a dependency does not hide what is wrong with duration and limits', () => {
  const fault = { durationMs: 3_600_000, expect: [{ metric: 'split', max: '1%' }] }
  const { required } = faultChecks(aScene(probing(MISSING, fault)))
  expect(required.map(({ reason }) => reason)).toEqual([
    'DependencyNotFound',
    'ProbeTooLong',
    'ProbeExpectUnfit',
  ])
})

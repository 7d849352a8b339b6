import { usual } from '../../workflows/kit/usual.ts'
import { AT_100, ONE_STEP, PROMOTED, TAKEN_BACK, V1_AGAIN } from './kit.ts'
import type { Scenario } from './kit.ts'

const V1 = { version: 'v1', subset: 'v1' }
const V2 = { version: 'v2', subset: 'v2' }
const LEFT = { type: 'Leftover', floor: 40, stable: V1, canary: V2, promoted: 'v2-template-1-39' } as const
const CLEARED = { type: 'Cleared', floor: 40, stable: V1, canary: V2, stablePods: 4, adopt: false } as const

/** What preflight may find. */
export const BEGINNINGS: readonly Scenario[] = [
  {
    name: 'a version that users have already needs no release',
    play: async (release) => release.want(V1_AGAIN),
    journal: ['preflight v1'],
    users: 'v1',
  },
  {
    name: 'a version that failed already is not released again',
    play: async (release) => {
      const { version, templateHash } = release.wanted
      const lastFailed = { version, templateHash, reason: 'MetricFailed', message: 'error-rate: 5 %', at: '' }
      release.once('preflight', () => ({ ...CLEARED, lastFailed }))
      await release.want()
    },
    journal: ['preflight v2'],
    users: 'v1',
  },
  {
    name: 'a Rollout that is paused at its start is not released',
    play: async (release) => release.want({ paused: true }),
    journal: ['preflight v2'],
    users: 'v1',
  },
  {
    name: 'the only version alive gets all traffic without steps',
    play: async (release) => {
      release.once('preflight', () => ({ ...CLEARED, adopt: true, selector: { app: 'reviews' } }))
      await release.want()
    },
    journal: ['preflight v2', 'prepare v2', 'promote v2', 'retire v2'],
    users: 'v2',
    result: 'Adopted',
  },
  {
    name: 'a lost workflow whose version was promoted is retired',
    play: async (release) => {
      release.users = 'v2'
      release.once('preflight', () => LEFT)
      await release.want()
    },
    journal: ['preflight v2', 'retire v2'],
    users: 'v2',
  },
  {
    name: 'a lost workflow whose version was promoted may be gone back from',
    play: async (release) => {
      release.users = 'v2'
      release.once('preflight', () => LEFT)
      await release.want(V1_AGAIN)
    },
    journal: ['preflight v1', 'promote v1', 'retire v1'],
    users: 'v1',
    result: 'Returned',
  },
  {
    name: 'a lost workflow whose version was promoted makes room for a third one',
    play: async (release) => {
      release.users = 'v2'
      release.once('preflight', () => LEFT)
      await release.want({ version: 'v3', templateHash: 'template-3', plan: ONE_STEP })
    },
    journal: [
      'preflight v3',
      'retire v2',
      ...[...AT_100, ...PROMOTED].map((line) => line.replace('v2', 'v3')),
    ],
    users: 'v3',
    result: 'Promoted',
  },
  {
    name: 'a Rollout that is gone is forgotten before anything is touched',
    play: async (release) => {
      release.once('preflight', () => ({ type: 'Forgotten' }))
      await release.want()
    },
    journal: ['preflight v2'],
    users: 'v1',
  },
  {
    name: 'a Rollout that is gone when its release is prepared is forgotten',
    play: async (release) => {
      release.once('prepare', () => ({ type: 'Forgotten' }))
      await release.want()
    },
    journal: ['preflight v2', 'prepare v2'],
    users: 'v1',
  },
  {
    name: 'a refused release whose version is made anew looks again at once',
    play: async (release) => {
      const findings = [{ reason: 'CanaryNotFound', message: 'there is no v2' }]
      release.once('preflight', () => ({ type: 'Refused', floor: 40, findings }))
      await release.want({ plan: ONE_STEP })
      await release.reaches('Refused')
      await release.want({ templateHash: 'template-2' })
    },
    journal: ['preflight v2', ...AT_100, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a change while preflight looks makes it look again',
    play: async (release) => {
      release.once('preflight', async (call) => {
        await release.want({ templateHash: 'template-2' })
        return usual(release)(call)
      })
      release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
      await release.want({ plan: ONE_STEP })
    },
    journal: ['preflight v2', ...AT_100, ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
]

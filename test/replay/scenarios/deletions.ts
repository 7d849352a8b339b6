import { AT_100, A_WHILE, ONE_STEP, PROMOTED, TAKEN_BACK, V1_AGAIN, changed, wantDuring } from './kit.ts'
import type { Scenario } from './kit.ts'

const DELETED = { deleting: true }
const PROMOTING = [...AT_100, 'promote v2']
const FAILED = { type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' } as const

function deleted(name: string, play: Scenario['play'], before: readonly string[]): Scenario {
  return { name, play, journal: [...before, ...TAKEN_BACK, 'forget v2'], users: 'v1', result: 'RolledBack' }
}

/** Lets a release of one step be promoted; the way back is open for a while. */
async function toRetaining(release: Parameters<Scenario['play']>[0]): Promise<void> {
  await release.want({ plan: { ...ONE_STEP, retireAfterMs: A_WHILE } })
  await release.reaches('Retaining')
}

/** The Rollout is deleted, in every phase. */
export const DELETIONS: readonly Scenario[] = [
  {
    name: 'the Rollout is deleted while preflight looks',
    play: changed('preflight', DELETED),
    journal: ['preflight v2', 'preflight v2', 'forget v2'],
    users: 'v1',
  },
  {
    name: 'the Rollout is deleted while its release is refused',
    play: async (release) => {
      const findings = [{ reason: 'CanaryNotFound', message: 'there is no v2' }]
      release.on('preflight', () => ({ type: 'Refused', floor: 0, findings }))
      await release.want()
      await release.reaches('Refused')
      await release.want(DELETED)
    },
    journal: ['preflight v2', 'preflight v2', 'forget v2'],
    users: 'v1',
  },
  {
    name: 'the Rollout is deleted when there is nothing to release',
    play: async (release) => {
      wantDuring(release, 'preflight', DELETED)
      await release.want(V1_AGAIN)
    },
    journal: ['preflight v1', 'preflight v1', 'forget v1'],
    users: 'v1',
  },
  deleted('the Rollout is deleted while preparing', changed('prepare', DELETED), AT_100.slice(0, 2)),
  deleted('the Rollout is deleted while raising', changed('raise', DELETED), AT_100.slice(0, 3)),
  deleted('the Rollout is deleted while promoting', changed('promote', DELETED), PROMOTING),
  deleted(
    'the Rollout is deleted while lowering',
    async (release) => {
      release.once('observe', () => FAILED)
      wantDuring(release, 'lower', DELETED)
      await release.want({ plan: ONE_STEP })
    },
    AT_100,
  ),
  deleted(
    'the Rollout is deleted while cleaning',
    async (release) => {
      release.once('observe', () => FAILED)
      wantDuring(release, 'clean', DELETED)
      await release.want({ plan: ONE_STEP })
    },
    AT_100,
  ),
  {
    name: 'the Rollout is deleted while the way back is open',
    play: async (release) => {
      await toRetaining(release)
      await release.want(DELETED)
    },
    journal: [...AT_100, ...PROMOTED, 'forget v2'],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'the Rollout is deleted while the way back is gone',
    play: async (release) => {
      await toRetaining(release)
      wantDuring(release, 'promote', DELETED)
      await release.want(V1_AGAIN)
    },
    journal: [...PROMOTING, 'promote v1', 'forget v1'],
    users: 'v1',
    result: 'Promoted',
  },
  {
    name: 'the Rollout is deleted while retiring',
    play: changed('retire', DELETED),
    journal: [...AT_100, ...PROMOTED, 'forget v2'],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'the Rollout is deleted and made anew while it is forgotten',
    play: async (release) => {
      wantDuring(release, 'prepare', DELETED)
      wantDuring(release, 'forget', { deleting: false, uid: 'uid-anew' })
      await release.want({ plan: ONE_STEP })
    },
    journal: [...AT_100.slice(0, 2), ...TAKEN_BACK, 'forget v2', ...AT_100, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
]

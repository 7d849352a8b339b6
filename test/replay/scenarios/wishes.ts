import {
  AT_100,
  A_WHILE,
  ONE_STEP,
  PROMOTED,
  TAKEN_BACK,
  THEN_V3,
  V1_AGAIN,
  V3,
  changed,
  wantDuring,
} from './kit.ts'
import type { Scenario } from './kit.ts'

const RETAINING = { ...ONE_STEP, retireAfterMs: A_WHILE }
const PROMOTING = [...AT_100, 'promote v2']

function thirdVersion(name: string, play: Scenario['play'], before: readonly string[]): Scenario {
  return { name, play, journal: [...before, ...THEN_V3], users: 'v3', result: 'Promoted' }
}

function stableAgain(name: string, play: Scenario['play'], before: readonly string[]): Scenario {
  return { name, play, journal: [...before, ...TAKEN_BACK], users: 'v1', result: 'RolledBack' }
}

/** The Rollout changes while the way back is open. */
function retaining(changes: Parameters<typeof changed>[1]): Scenario['play'] {
  return async (release) => {
    await release.want({ plan: RETAINING })
    await release.reaches('Retaining')
    await release.want(changes)
  }
}

/** A bad release whose Rollout changes while it is taken back. */
function takenBackDuring(
  action: 'lower' | 'clean',
  changes: Parameters<typeof changed>[1],
): Scenario['play'] {
  return async (release) => {
    release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
    wantDuring(release, action, changes)
    await release.want({ plan: ONE_STEP })
  }
}

/** What may be wanted while a release is under way. */
export const WISHES: readonly Scenario[] = [
  thirdVersion('a third version is wanted while preparing', changed('prepare', V3), [
    ...AT_100.slice(0, 2),
    ...TAKEN_BACK,
  ]),
  thirdVersion('a third version is wanted while raising', changed('raise', V3), [
    ...AT_100.slice(0, 3),
    ...TAKEN_BACK,
  ]),
  thirdVersion('a third version is wanted while promoting', changed('promote', V3), [...AT_100, ...PROMOTED]),
  thirdVersion('a third version is wanted while the way back is open', retaining(V3), [
    ...AT_100,
    ...PROMOTED,
  ]),
  thirdVersion('a third version is wanted while retiring', changed('retire', V3), [...AT_100, ...PROMOTED]),
  thirdVersion('a third version is wanted while lowering', takenBackDuring('lower', V3), [
    ...AT_100,
    ...TAKEN_BACK,
  ]),
  thirdVersion('a third version is wanted while cleaning', takenBackDuring('clean', V3), [
    ...AT_100,
    ...TAKEN_BACK,
  ]),
  stableAgain(
    'the stable version is wanted again while preparing',
    changed('prepare', V1_AGAIN),
    AT_100.slice(0, 2),
  ),
  stableAgain(
    'the stable version is wanted again while raising',
    changed('raise', V1_AGAIN),
    AT_100.slice(0, 3),
  ),
  stableAgain('the stable version is wanted again while promoting', changed('promote', V1_AGAIN), PROMOTING),
  {
    name: 'the way back is itself taken back',
    play: async (release) => {
      await release.want({ plan: RETAINING })
      await release.reaches('Retaining')
      wantDuring(release, 'promote', { version: 'v2', templateHash: 'template-1' })
      await release.want(V1_AGAIN)
    },
    journal: [...PROMOTING, 'promote v1', 'promote v2', 'retire v2'],
    users: 'v2',
    result: 'Returned',
  },
  {
    name: 'a pause while preparing is noted, and its end',
    play: async (release) => {
      wantDuring(release, 'prepare', { paused: true })
      wantDuring(release, 'raise', { paused: false })
      await release.want({ plan: ONE_STEP })
    },
    journal: [...AT_100, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a Rollout made anew in mid-release is released after the old one was taken back',
    play: changed('raise', { uid: 'uid-anew' }),
    journal: [...AT_100.slice(0, 3), ...TAKEN_BACK, ...AT_100, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'two controllers tell of one spec, one knows less of the plan',
    play: async (release) => {
      const { capacity: _new, ...less } = ONE_STEP
      wantDuring(release, 'prepare', { plan: less })
      wantDuring(release, 'raise', { plan: ONE_STEP })
      wantDuring(release, 'promote', { plan: less })
      wantDuring(release, 'retire', { plan: ONE_STEP })
      await release.want({ plan: ONE_STEP })
    },
    journal: [...AT_100, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
]

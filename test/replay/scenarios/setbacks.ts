import { ApplicationFailure } from '@temporalio/activity'
import type { ActionName, Answer, Result } from '../../workflows/kit/call.ts'
import { afterLook } from '../../workflows/kit/usual.ts'
import { AT_100, A_WHILE, ONE_STEP, PROMOTED, TAKEN_BACK, THEN_V3, V1_AGAIN, V3 } from './kit.ts'
import type { Scenario } from './kit.ts'

const OVERTAKEN: Result = { type: 'Overtaken', message: 'the release is marked as over' }
const LATE: Result = { type: 'DeadlineExceeded', message: '1 of 4 needed pods of v2 were ready' }
const REFUSED: Result = { type: 'Failed', reason: 'WriteRefused', message: 'the API server answered 403' }
const GONE: Result = { type: 'Failed', reason: 'TrafficObjectGone', message: 'the route is gone' }
const LOST: Result = { type: 'CanaryLost', message: 'no pod of v2 is ready' }
const STABLE_LOST: Result = { type: 'StableLost', message: 'no pod of v1 is ready' }
const mistake: Answer = () => {
  throw ApplicationFailure.nonRetryable('a mistake of the program')
}

/** A release of one step in which actions end so, one after the other. */
function ends(...actions: [ActionName, Result | Answer][]): Scenario['play'] {
  return async (release) => {
    for (const [action, end] of actions) release.once(action, typeof end === 'function' ? end : () => end)
    await release.want({ plan: ONE_STEP })
  }
}

function takenBack(name: string, play: Scenario['play'], before: number | readonly string[]): Scenario {
  const began = typeof before === 'number' ? AT_100.slice(0, before) : before
  return { name, play, journal: [...began, ...TAKEN_BACK], users: 'v1', result: 'RolledBack' }
}

function promoted(name: string, play: Scenario['play'], before: readonly string[]): Scenario {
  return { name, play, journal: [...before, ...PROMOTED], users: 'v2', result: 'Promoted' }
}

const [PREFLIGHT, PREPARE, RAISE, OBSERVE] = ['preflight v2', 'prepare v2', 'raise v2 100', 'observe v2 100']
const PROMOTING = [...AT_100, 'promote v2']

/** What may go wrong once a release has begun. */
export const SETBACKS: readonly Scenario[] = [
  takenBack('a release marked as over is taken back while preparing', ends(['prepare', OVERTAKEN]), 2),
  takenBack('a release marked as over is taken back while raising', ends(['raise', OVERTAKEN]), 3),
  takenBack('a release marked as over is taken back while observing', ends(['observe', OVERTAKEN]), 4),
  takenBack(
    'a release marked as over is taken back while promoting',
    ends(['promote', OVERTAKEN]),
    PROMOTING,
  ),
  takenBack('a write that is refused for long ends a release while preparing', ends(['prepare', REFUSED]), 2),
  takenBack('a route that is gone ends a release while raising', ends(['raise', GONE]), 3),
  takenBack('a route that is gone ends a release while promoting', ends(['promote', GONE]), PROMOTING),
  takenBack('pods that the next step needs and do not come end a release', ends(['observe', LATE]), 4),
  takenBack('a mistake of ours while preparing ends a release', ends(['prepare', mistake]), 2),
  takenBack('a mistake of ours while raising ends a release', ends(['raise', mistake]), 3),
  takenBack('a mistake of ours while promoting ends a release', ends(['promote', mistake]), PROMOTING),
  takenBack('a mistake of ours while lowering is tried again', ends(['observe', GONE], ['lower', mistake]), [
    ...AT_100,
    'lower v2',
  ]),
  takenBack(
    'a canary that is lost while promoting, and then again, is taken back',
    ends(['promote', LOST], ['raise', { type: 'Raised' }], ['raise', LOST]),
    [...PROMOTING, PREPARE, RAISE],
  ),
  promoted('a canary that is lost before its raise begins the step anew', ends(['raise', LOST]), [
    PREFLIGHT,
    PREPARE,
    RAISE,
    PREPARE,
    RAISE,
    OBSERVE,
  ]),
  promoted(
    'an observer that lasts long begins anew by itself',
    ends([
      'observe',
      ({ state }) => ({ type: 'Renewed', evidence: afterLook(state), countedTo: Date.now() }),
    ]),
    [...AT_100, OBSERVE],
  ),
  promoted(
    'a field manager that moves the weights again and again is named',
    ends([
      'observe',
      ({ state }) => ({
        type: 'Drifted',
        evidence: afterLook(state),
        message: 'argocd moved the weights',
        contest: { manager: 'argocd', count: 3, lastAt: Date.now() },
        remedy: 'ignoreDifferences',
      }),
    ]),
    [...AT_100, RAISE, OBSERVE],
  ),
  promoted(
    'a stable version that loses its pods gets its traffic back when they come',
    ends(['observe', STABLE_LOST], ['observe', { type: 'StableBack' }]),
    [...AT_100, RAISE, OBSERVE, RAISE, OBSERVE],
  ),
  promoted(
    'a canary that is lost while it stands in for stable is prepared anew',
    ends(['observe', STABLE_LOST], ['observe', LOST]),
    [...AT_100, RAISE, OBSERVE, PREPARE, RAISE, OBSERVE],
  ),
  {
    name: 'a canary that is lost while promoting makes room for the version wanted since',
    play: async (release) => {
      release.once('promote', async () => {
        await release.want(V3)
        return LOST
      })
      await release.want({ plan: ONE_STEP })
    },
    journal: [...PROMOTING, ...TAKEN_BACK, ...THEN_V3],
    users: 'v3',
    result: 'Promoted',
  },
  {
    name: 'a way back whose pods never come is given up',
    play: async (release) => {
      await release.want({ plan: { ...ONE_STEP, retireAfterMs: A_WHILE } })
      await release.reaches('Retaining')
      release.once('promote', () => LATE)
      await release.want(V1_AGAIN)
    },
    journal: [...PROMOTING, 'promote v1', 'lower v1', 'clean v1'],
    users: 'v2',
    result: 'RolledBack',
  },
]

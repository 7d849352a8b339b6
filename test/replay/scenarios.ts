import { ApplicationFailure } from '@temporalio/activity'
import { aPlan } from '../core/shop.ts'
import { dead } from '../workflows/kit/answers.ts'
import { afterLook } from '../workflows/kit/usual.ts'
import { BEGINNINGS } from './scenarios/beginnings.ts'
import { DELETIONS } from './scenarios/deletions.ts'
import { A_WHILE, TAKEN_BACK, TO_THE_END, UP_TO_20, to20 } from './scenarios/kit.ts'
import type { Scenario } from './scenarios/kit.ts'
import { PROBES } from './scenarios/probes.ts'
import { SETBACKS } from './scenarios/setbacks.ts'
import { WISHES } from './scenarios/wishes.ts'

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a good version is promoted',
    play: async (release) => release.want(),
    journal: [...UP_TO_20, ...TO_THE_END],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a failing metric takes it back',
    play: async (release) => {
      release.once('observe', () => ({ type: 'Failed', reason: 'MetricFailed', message: 'error-rate: 5 %' }))
      await release.want()
    },
    journal: ['preflight v2', 'prepare v2', 'raise v2 5', 'observe v2 5', ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'pods that are never ready take it back',
    play: async (release) => {
      release.once('prepare', () => ({ type: 'DeadlineExceeded', message: '0 of 1 needed pods were ready' }))
      await release.want()
    },
    journal: ['preflight v2', 'prepare v2', ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'a third version takes its place',
    play: async (release) => {
      await to20(release)
      await release.want({ version: 'v3', templateHash: 'template-3' })
    },
    journal: [
      ...UP_TO_20,
      ...TAKEN_BACK,
      ...[...UP_TO_20, ...TO_THE_END].map((line) => line.replace('v2', 'v3')),
    ],
    users: 'v3',
    result: 'Promoted',
  },
  {
    name: 'a new pod template begins anew',
    play: async (release) => {
      release.once('observe', () => ({ type: 'TemplateChanged', templateHash: 'template-2' }))
      await release.want()
    },
    journal: [
      'preflight v2',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      ...TAKEN_BACK,
      ...UP_TO_20,
      ...TO_THE_END,
    ],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'the stable version is wanted again',
    play: async (release) => {
      await to20(release)
      await release.want({ version: 'v1', templateHash: 'template-0' })
    },
    journal: [...UP_TO_20, ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'the Rollout is deleted in mid-release',
    play: async (release) => {
      await to20(release)
      await release.want({ deleting: true })
    },
    journal: [...UP_TO_20, ...TAKEN_BACK, 'forget v2'],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'the way back is gone',
    play: async (release) => {
      await release.want({ plan: aPlan({ retireAfterMs: A_WHILE }) })
      await release.reaches('Retaining')
      await release.want({ version: 'v1', templateHash: 'template-0' })
    },
    journal: [...UP_TO_20, 'raise v2 100', 'observe v2 100', 'promote v2', 'promote v1', 'retire v1'],
    users: 'v1',
    result: 'Returned',
  },
  {
    name: 'a paused step waits for the user',
    play: async (release) => {
      release.once('observe', async (call) => {
        await release.want({ paused: true })
        return { type: 'Passed', evidence: afterLook(call.state), countedTo: Date.now() }
      })
      release.once('observe', async ({ state }) => {
        await release.want({ paused: false })
        return { type: 'Passed', evidence: afterLook(state), countedTo: Date.now() }
      })
      await release.want()
    },
    journal: [
      'preflight v2',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      ...UP_TO_20.slice(3),
      ...TO_THE_END,
    ],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'weights that a stranger moved are put back',
    play: async (release) => {
      release.once('observe', ({ state }) => ({
        type: 'Drifted',
        evidence: afterLook(state),
        message: 'kubectl moved the weights',
      }))
      await release.want()
    },
    journal: [
      'preflight v2',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      ...UP_TO_20.slice(2),
      ...TO_THE_END,
    ],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a canary that lost its pods once begins the step anew',
    play: async (release) => {
      release.once('observe', ({ state }) => ({
        type: 'CanaryLost',
        evidence: afterLook(state),
        message: 'no pod is ready',
      }))
      await release.want()
    },
    journal: [
      'preflight v2',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      ...UP_TO_20.slice(1),
      ...TO_THE_END,
    ],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a canary that lost its pods twice is taken back',
    play: async (release) => {
      release.once('observe', () => ({ type: 'CanaryLost', message: 'no pod is ready' }))
      release.once('observe', () => ({ type: 'CanaryLost', message: 'no pod is ready' }))
      await release.want()
    },
    journal: [
      'preflight v2',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      'prepare v2',
      'raise v2 5',
      'observe v2 5',
      ...TAKEN_BACK,
    ],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'a refused release goes on by itself',
    play: async (release) => {
      const findings = [{ reason: 'CanaryNotFound', message: 'there is no v2' }]
      release.once('preflight', () => ({ type: 'Refused', floor: 0, findings }))
      await release.want()
    },
    journal: ['preflight v2', ...UP_TO_20, ...TO_THE_END],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'what a lost workflow left is taken back first',
    play: async (release) => {
      const [stable, canary] = ['v1', 'v2'].map((version) => ({ version, subset: version }))
      if (stable && canary) release.once('preflight', () => ({ type: 'Leftover', floor: 40, stable, canary }))
      await release.want()
    },
    journal: ['preflight v2', ...TAKEN_BACK, ...UP_TO_20, ...TO_THE_END],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'an observer that died is replaced',
    play: async (release) => {
      release.once('observe', dead)
      await release.want()
    },
    journal: [...UP_TO_20, ...TO_THE_END],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'an observer that failed for good takes it back',
    play: async (release) => {
      release.once('observe', () => {
        throw ApplicationFailure.nonRetryable('a mistake of the program')
      })
      await release.want()
    },
    journal: ['preflight v2', 'prepare v2', 'raise v2 5', 'observe v2 5', ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
  {
    name: 'a cancelled workflow takes the release back',
    play: async (release) => {
      await to20(release)
      await release.handle().cancel()
    },
    journal: [...UP_TO_20, ...TAKEN_BACK],
    users: 'v1',
    result: 'RolledBack',
  },
  ...BEGINNINGS,
  ...SETBACKS,
  ...WISHES,
  ...DELETIONS,
  ...PROBES,
]

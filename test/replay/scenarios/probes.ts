import { ApplicationFailure } from '@temporalio/activity'
import { aPlan } from '../../core/shop.ts'
import type { PlannedFault } from '../../../src/core/faults/planned.ts'
import type { ProbeVerdict } from '../../../src/core/faults/progress.ts'
import type { Wanted } from '../../../src/core/machine/state.ts'
import { dead, untilStopped } from '../../workflows/kit/answers.ts'
import type { ActionName, Answer, Result } from '../../workflows/kit/call.ts'
import { afterLook, probedWith } from '../../workflows/kit/usual.ts'
import { PROMOTED, TAKEN_BACK, V1_AGAIN, V3, wantDuring } from './kit.ts'
import type { Scenario } from './kit.ts'

const DOWN: PlannedFault = {
  name: 'ratings-down',
  dependency: 'ratings.shop.svc.cluster.local',
  abort: { percent: 100, httpStatus: 503 },
  durationMs: 60_000,
  recoveryMs: 30_000,
  required: true,
}

/** A plan of one step, at which the canary is put to the test by so many probes. */
function probing(...faults: PlannedFault[]): Wanted['plan'] {
  const steps = [{ weight: 100, holdMs: 10_000, faults: faults.map(({ name }) => name) }]
  return aPlan({ steps, faults, retireAfterMs: 100 })
}

const ONE_PROBE = probing(DOWN)
const [PREPARE, RAISE, PROBE, OBSERVE] = ['prepare v2', 'raise v2 100', 'probe v2 100', 'observe v2 100']
const TO_PROBE = ['preflight v2', PREPARE, RAISE, PROBE]
const PROMOTED_V3 = [...TO_PROBE, OBSERVE, ...PROMOTED].map((line) => line.replace('v2', 'v3'))

const LOST: Result = { type: 'CanaryLost', message: 'no pod of v2 is ready' }
const STABLE_LOST: Result = { type: 'StableLost', message: 'no pod of v1 is ready' }
const mistake: Answer = () => {
  throw ApplicationFailure.nonRetryable('a mistake of the program')
}

function says(verdict: ProbeVerdict): Answer {
  return ({ state }) => ({ type: 'Probed', result: probedWith(verdict)(state), countedTo: Date.now() })
}

/** A release in which actions end so, one after the other. */
function ends(
  actions: readonly (readonly [ActionName, Result | Answer])[],
  plan: Wanted['plan'] = ONE_PROBE,
): Scenario['play'] {
  return async (release) => {
    for (const [action, end] of actions) release.once(action, typeof end === 'function' ? end : () => end)
    await release.want({ plan })
  }
}

/** The Rollout changes while the canary is put to the test. */
function changedWhileProbing(changes: Partial<Wanted>): Scenario['play'] {
  return async (release) => {
    release.once('probe', untilStopped)
    await release.want({ plan: ONE_PROBE })
    await release.called('probe')
    await release.want(changes)
  }
}

function promoted(name: string, play: Scenario['play'], before: readonly string[]): Scenario {
  return { name, play, journal: [...before, ...PROMOTED], users: 'v2', result: 'Promoted' }
}

function takenBack(name: string, play: Scenario['play'], before: readonly string[] = TO_PROBE): Scenario {
  return { name, play, journal: [...before, ...TAKEN_BACK], users: 'v1', result: 'RolledBack' }
}

/** Releases that put the canary to the test. */
export const PROBES: readonly Scenario[] = [
  promoted(
    'a canary that passes all of its fault probes goes on',
    ends([], probing(DOWN, { ...DOWN, name: 'ratings-slow', abort: { percent: 50, httpStatus: 500 } })),
    [...TO_PROBE, PROBE, OBSERVE],
  ),
  takenBack('a canary that fails a fault probe is taken back', ends([['probe', says('Fail')]])),
  promoted(
    'a fault probe that is only to report lets a canary go on that fails it',
    ends([['probe', says('Fail')]], probing({ ...DOWN, required: false })),
    [...TO_PROBE, OBSERVE],
  ),
  promoted(
    'a fault probe that told nothing is tried again later',
    ends([
      ['probe', says('Inconclusive')],
      ['observe', ({ state }) => ({ type: 'ProbeDue', evidence: afterLook(state), countedTo: Date.now() })],
    ]),
    [...TO_PROBE, OBSERVE, PROBE, OBSERVE],
  ),
  promoted('a fault probe that died is replaced', ends([['probe', dead]]), [...TO_PROBE, OBSERVE]),
  takenBack('a mistake of ours while probing ends a release', ends([['probe', mistake]])),
  takenBack(
    'a release marked as over is taken back while probing',
    ends([['probe', { type: 'Overtaken', message: 'the release is marked as over' }]]),
  ),
  takenBack('a cancelled workflow takes the release back while probing', async (release) => {
    release.once('probe', untilStopped)
    await release.want({ plan: ONE_PROBE })
    await release.called('probe')
    await release.handle().cancel()
  }),
  promoted(
    'weights that a stranger moved while probing are put back, and the probe begins anew',
    ends([
      ['probe', ({ state }) => ({ type: 'Drifted', evidence: afterLook(state), message: 'kubectl did it' })],
    ]),
    [...TO_PROBE, RAISE, PROBE, OBSERVE],
  ),
  promoted(
    'a canary that is lost while probing begins the step anew with its probes',
    ends(
      [
        ['probe', says('Pass')],
        ['probe', LOST],
      ],
      probing(DOWN, { ...DOWN, name: 'ratings-slow' }),
    ),
    [...TO_PROBE, PROBE, PREPARE, RAISE, PROBE, PROBE, OBSERVE],
  ),
  takenBack(
    'a canary that is lost while probing, and then again, is taken back',
    ends([
      ['probe', LOST],
      ['probe', LOST],
    ]),
    [...TO_PROBE, PREPARE, RAISE, PROBE],
  ),
  promoted(
    'a stable version that loses its pods while the canary is probed gets its traffic back',
    ends([
      ['probe', STABLE_LOST],
      ['observe', { type: 'StableBack' }],
    ]),
    [...TO_PROBE, RAISE, OBSERVE, RAISE, PROBE, OBSERVE],
  ),
  {
    name: 'a new pod template while probing begins anew',
    play: ends([['probe', { type: 'TemplateChanged', templateHash: 'template-2' }]]),
    journal: [...TO_PROBE, ...TAKEN_BACK, ...TO_PROBE, OBSERVE, ...PROMOTED],
    users: 'v2',
    result: 'Promoted',
  },
  {
    name: 'a third version is wanted while probing',
    play: changedWhileProbing(V3),
    journal: [...TO_PROBE, ...TAKEN_BACK, ...PROMOTED_V3],
    users: 'v3',
    result: 'Promoted',
  },
  takenBack('the stable version is wanted again while probing', changedWhileProbing(V1_AGAIN)),
  {
    name: 'the Rollout is deleted while probing',
    play: changedWhileProbing({ deleting: true }),
    journal: [...TO_PROBE, ...TAKEN_BACK, 'forget v2'],
    users: 'v1',
    result: 'RolledBack',
  },
  promoted(
    'a pause while probing is noted, and its end',
    async (release) => {
      wantDuring(release, 'probe', { paused: true })
      wantDuring(release, 'observe', { paused: false })
      await release.want({ plan: ONE_PROBE })
    },
    [...TO_PROBE, OBSERVE],
  ),
]

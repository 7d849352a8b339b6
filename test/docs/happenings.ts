import { foreignFaults } from '../../src/core/faults/foreign.ts'
import {
  foreignFaultRemoved,
  ownFaultRemoved,
  staleFault,
  staleSubset,
  staleSubsetRemoved,
} from '../../src/core/faults/tellings.ts'
import type { Telling } from '../../src/core/faults/tellings.ts'
import { initialState } from '../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { ProbeVerdict } from '../../src/core/faults/progress.ts'
import type { Plan } from '../../src/core/plan.ts'
import { eventsOf } from '../../src/core/status/events.ts'
import type { RolloutEvent } from '../../src/core/status/events.ts'
import { initialEvidence } from '../../src/core/analysis/evidence.ts'
import { DELAY, routed } from '../core/faults/shop.ts'
import { aDestinationRule } from '../core/shop.ts'

/** All that a sweep tells of objects of the mesh. */
export const SWEPT: readonly Telling[] = [
  ...foreignFaults(routed('reviews', DELAY)).flatMap((fault) => [
    staleFault(fault, 1),
    foreignFaultRemoved(fault, 1),
  ]),
  ownFaultRemoved(['a fault']),
  ...[staleSubset, staleSubsetRemoved].map((tell) =>
    tell({
      id: 'id',
      object: aDestinationRule(),
      subset: 'v2',
      service: { namespace: 'shop', name: 'reviews' },
    }),
  ),
]

const plan: Plan = {
  generation: 1,
  service: 'reviews',
  versionLabel: 'version',
  virtualServices: [{ name: 'reviews' }],
  destinationRule: 'reviews',
  steps: [{ weight: 100, holdMs: 1_000 }],
  metrics: [],
  intervalMs: 1_000,
  warmupMs: 0,
  falseRollback: 0.01,
  progressDeadlineMs: 60_000,
  retirePolicy: 'ScaleToZero',
  retireAfterMs: 1_000,
}

const wanted: Wanted = {
  uid: 'uid-1',
  version: 'v2',
  templateHash: 'a',
  plan,
  paused: false,
  deleting: false,
}
const stable = { version: 'v1', subset: 'v1' }
const canary = { version: 'v2', subset: 'v2' }
const evidence = initialEvidence([], 1)

/** A result of an action, without what the machine itself knows. */
type Result = ResultEvent extends infer T ? (T extends ResultEvent ? Omit<T, 'seq' | 'at'> : never) : never
type Happening = Result | { readonly wanted: Partial<Wanted> }

const CLEARED: Happening[] = [{ type: 'Cleared', floor: 0, stable, canary, stablePods: 2, adopt: false }]
const AT_100: Happening[] = [...CLEARED, { type: 'Prepared' }, { type: 'Raised' }]

const host = 'ratings.shop.svc.cluster.local'
const faults = ['slow', 'down'].map((name) => ({
  name,
  dependency: host,
  durationMs: 1,
  recoveryMs: 1,
  required: true,
}))
/** The canary is put to the test by two faults. */
const probing: Plan = {
  ...plan,
  faults,
  steps: [{ weight: 100, holdMs: 1_000, faults: faults.map(({ name }) => name) }],
}
const AT_PROBE: Happening[] = [{ wanted: { plan: probing } }, ...AT_100]

function ended(verdict: ProbeVerdict): Happening {
  return { type: 'Probed', result: { name: 'down', host, verdict, message: verdict }, countedTo: 1 }
}

/** Lives of releases in which everything happens that is told of. */
export const LIVES: readonly (readonly Happening[])[] = [
  [
    ...AT_100,
    {
      type: 'Drifted',
      evidence,
      message: 'somebody moved the weights',
      contest: { manager: 'argocd-controller', count: 3, lastAt: 1 },
      remedy: 'tell it not to',
    },
    { type: 'Raised' },
    { type: 'Passed', evidence, countedTo: 1 },
    { type: 'Promoted' },
    { type: 'Elapsed' },
    { type: 'Retired' },
  ],
  [{ type: 'Refused', floor: 0, findings: [{ reason: 'RouteNotFound', message: 'there is no route' }] }],
  [{ type: 'Leftover', floor: 0, stable, canary }, { type: 'Lowered' }],
  [...AT_100, { type: 'CanaryLost', message: 'no pod is ready' }],
  [
    ...AT_100,
    { type: 'StableLost', message: 'no pod of v1 is ready' },
    { type: 'Raised' },
    { type: 'StableBack' },
  ],
  [...AT_100, { type: 'Failed', reason: 'MetricFailed', message: 'error-rate' }, { type: 'Lowered' }],
  [
    ...AT_PROBE,
    ended('Pass'),
    ended('Inconclusive'),
    { type: 'ProbeDue', evidence, countedTo: 1 },
    ended('Fail'),
  ],
  [...AT_100, { wanted: { version: 'v3' } }, { type: 'Lowered' }],
  [...AT_100, { wanted: { version: 'v1' } }, { type: 'Lowered' }],
  [...AT_100, { wanted: { deleting: true } }, { type: 'Lowered' }],
]

/** A release that has the weight of its step. */
export const observing: ReleaseState = play(AT_100).state

/** Plays a life, and returns where it ended and what was told of it. */
export function play(life: readonly Happening[]): { state: ReleaseState; told: readonly RolloutEvent[] } {
  let state = initialState({ namespace: 'shop', name: 'reviews', uid: wanted.uid }, wanted, 0)
  const told: RolloutEvent[] = []
  for (const happening of life) {
    const before = state
    if ('wanted' in happening) {
      state = transition(state, { type: 'Wanted', at: 1, wanted: { ...wanted, ...happening.wanted } })
      continue
    }
    const event = { ...happening, seq: state.seq, at: 1 } as ResultEvent
    state = transition(state, event)
    if (state === before) throw new Error(`${event.type} means nothing in ${before.phase}`)
    told.push(...eventsOf(before, state, event))
  }
  return { state, told }
}

import { aPlan } from '../../core/shop.ts'
import { untilStopped } from '../../workflows/kit/answers.ts'
import type { ActionName } from '../../workflows/kit/call.ts'
import type { Release } from '../../workflows/kit/release.ts'
import { afterLook, usual } from '../../workflows/kit/usual.ts'
import type { ReleaseState, Wanted } from '../../../src/core/machine/state.ts'

/** One kind of release: what happens, and what Sluice then does. */
export interface Scenario {
  /** Claim; the history's file is named after it. */
  readonly name: string
  /** What happens; resolves when the test need do nothing more. */
  readonly play: (release: Release) => Promise<void>
  /** What is done, in order. */
  readonly journal: readonly string[]
  /** The version that users have at the end. */
  readonly users: string
  /** What the last release of the workflow ended as; absent when none began. */
  readonly result?: NonNullable<ReleaseState['ended']>['result']
}

export const UP_TO_20 = [
  'preflight v2',
  'prepare v2',
  'raise v2 5',
  'observe v2 5',
  'raise v2 20',
  'observe v2 20',
]
export const TO_THE_END = ['raise v2 100', 'observe v2 100', 'promote v2', 'retire v2']
export const TAKEN_BACK = ['lower v2', 'clean v2']
/** Long enough to say something while the way back is open (milliseconds). */
export const A_WHILE = 1_000

/** The plan of scenarios: nothing waits long. */
export const QUICK = aPlan({ retireAfterMs: 100 })

/** Lets the release come to its second step, whose observer finds nothing. */
export async function to20(release: Release): Promise<void> {
  release.once('observe', ({ state }) => ({
    type: 'Passed',
    evidence: afterLook(state),
    countedTo: Date.now(),
  }))
  release.once('observe', untilStopped)
  await release.want()
  await release.called('observe', 2)
}

/** A plan of one step, for what has nothing to do with steps. */
export const ONE_STEP = aPlan({ steps: [{ weight: 100, holdMs: 10_000 }], retireAfterMs: 100 })
export const AT_100 = ['preflight v2', 'prepare v2', 'raise v2 100', 'observe v2 100']
export const PROMOTED = ['promote v2', 'retire v2']
/** What follows when v3 is released in one step. */
export const THEN_V3 = [...AT_100, ...PROMOTED].map((line) => line.replace('v2', 'v3'))
export const V1_AGAIN = { version: 'v1', templateHash: 'template-0' }
export const V3 = { version: 'v3', templateHash: 'template-3' }

/** The Rollout changes while the next such action is under way, which then ends as usual. */
export function wantDuring(release: Release, action: ActionName, changes: Partial<Wanted>): void {
  release.once(action, async (call) => {
    await release.want(changes)
    return usual(release)(call)
  })
}

/** The Rollout changes in a release of one step while an action of it is under way. */
export function changed(action: ActionName, changes: Partial<Wanted>): Scenario['play'] {
  return async (release) => {
    wantDuring(release, action, changes)
    await release.want({ plan: ONE_STEP })
  }
}

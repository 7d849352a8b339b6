import { REASONS } from '../../../src/api/v1alpha1/conditions.ts'
import type { Reason } from '../../../src/api/v1alpha1/conditions.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../../../src/core/status/settle.ts'
import { statusOf } from '../../../src/core/status/status.ts'
import { START, aState, aWanted } from '../../core/shop.ts'

const NOW = '2026-01-02T03:04:05.000Z'
const FAILED = {
  result: 'RolledBack',
  reason: 'MetricFailed',
  message: '14 of 300 failed',
  failed: true,
} as const
const BACK = { ...FAILED, reason: 'ReturnedToStable', message: 'v1 again', failed: false }
const PAUSED = { wanted: aWanted({ paused: true }) }

/** A Rollout as its controller or its workflow left it. */
export interface State {
  readonly name: string
  readonly generation: number
  readonly status: RolloutStatus
}

/** The ways in which a release can be in a phase, beside the plain one. A new phase needs a line. */
const WAYS: Readonly<Record<Phase, readonly Partial<ReleaseState>[]>> = {
  Preflight: [{}],
  Refused: [
    { findings: [{ reason: 'RouteNotFound', message: 'no such route' }] },
    { findings: [{ reason: 'PrometheusUnreachable', message: 'ECONNREFUSED' }], refusals: 1 },
  ],
  Preparing: [{}, PAUSED],
  Raising: [{ step: 0 }],
  Probing: [{ step: 0 }, { step: 0, ...PAUSED }],
  Observing: [{ step: 0 }, { step: 0, ...PAUSED }],
  Promoting: [{ step: 2 }],
  Retaining: [{ step: 2 }],
  Retiring: [{ step: 2 }],
  Lowering: [{ ending: FAILED }, { ending: BACK }],
  Cleaning: [{ ending: FAILED }, { ending: BACK }],
  Forgetting: [{}],
  Done: [{}, { ending: FAILED }, { ending: BACK }],
}

/** What a release that is under way, or over, writes in each phase. */
export function writtenInPhases(): State[] {
  const all = (Object.keys(WAYS) as Phase[]).flatMap((phase) =>
    WAYS[phase].map((changes, way) => [`${phase} ${way}`, written(phase, changes)] as const),
  )
  const states = [...all, ['Done, held back', heldBack()] as const]
  return states.map(([name, status]) => ({ name, generation: 1, status }))
}

/** What the controller writes for each reason, whatever the condition that it is given for. */
export function settledForReasons(): State[] {
  const types = ['Ready', 'Reconciling', 'Stalled'] as const
  return (Object.keys(REASONS) as Reason[]).flatMap((reason) =>
    types.map((type) => {
      const standing = { type, reason, message: `${reason} it is` }
      const status = settledStatus({}, standing, { generation: 1, now: NOW, version: 'v2' })
      return { name: `${type} ${reason}`, generation: 1, status }
    }),
  )
}

/** What stands there while a change of the spec is on its way. */
export function changedMeanwhile(): State[] {
  return writtenInPhases().flatMap(({ name, status }) => {
    const settling = { generation: 2, now: NOW, version: 'v3' }
    return [
      { name: `${name}, unseen change`, generation: 2, status },
      { name: `${name}, change handed over`, generation: 2, status: deliveredStatus(status, settling) },
      {
        name: `${name}, Temporal away`,
        generation: 2,
        status: unreachableStatus(status, { ...settling, problem: 'ECONNREFUSED' }),
      },
    ]
  })
}

/** The status that a release writes in a phase. */
export function written(phase: Phase, changes: Partial<ReleaseState> = {}): RolloutStatus {
  return statusIn(aState(phase, changes))
}

/** Preflight found all in order, and the Rollout is paused. */
function heldBack(): RolloutStatus {
  const { canary: _, ...state } = aState('Done', PAUSED)
  return statusIn(state)
}

function statusIn(state: ReleaseState): RolloutStatus {
  const status = statusOf(state, { prior: { observedGeneration: 1 }, now: START })
  if (status === undefined) throw new Error('the status was fenced off')
  return status
}

import type { ProbeResult } from '../faults/progress.ts'
import { desiredWeight } from '../machine/state.ts'
import type { ReleaseState } from '../machine/state.ts'
import type { ResultEvent } from '../machine/event.ts'
import { contestedMessage } from '../policy/contest.ts'

/** An event as users see it on the Rollout. */
export interface RolloutEvent {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase reason. */
  readonly reason: string
  readonly message: string
  /** Sequence of the action that it tells of, or start of the release: told twice, it is still one event. */
  readonly seq: number
}

/** Events tell what happened, from what to what; nothing is told that did not change. */
export function eventsOf(before: ReleaseState, after: ReleaseState, event: ResultEvent): RolloutEvent[] {
  if (before === after) return []
  const told = TELL[event.type]?.(before, after, event as never)
  const contested = event.type === 'Drifted' ? contestedOf(event) : []
  return [...(told === undefined ? [] : [told]), ...contested].map((one) => ({
    ...one,
    seq: identityOf(before),
  }))
}

function contestedOf({ contest, remedy }: Extract<ResultEvent, { type: 'Drifted' }>): Told[] {
  if (contest === undefined || remedy === undefined) return []
  return [warning('Contested', contestedMessage(contest, remedy))]
}

/** Preflights of a release may overlap when the Rollout changes meanwhile, and each finds the same. */
function identityOf({ phase, startedAt, seq }: ReleaseState): number {
  return phase === 'Preflight' ? startedAt : seq
}

type Tell<T extends ResultEvent['type']> = (
  before: ReleaseState,
  after: ReleaseState,
  event: Extract<ResultEvent, { type: T }>,
) => Told | undefined

type Told = Omit<RolloutEvent, 'seq'>

const TELL: { readonly [T in ResultEvent['type']]?: Tell<T> } = {
  Cleared: (_, after) => (after.phase === 'Preparing' ? normal('ReleaseStarted', startOf(after)) : undefined),
  Refused: (before, after) =>
    isNews(before, after) ? warning('PreflightFailed', findingsOf(after)) : undefined,
  Leftover: (_, after) => warning('WorkflowLost', after.ending?.message ?? lostAfterPromotion(after)),
  Raised: (before, after) =>
    before.stepStartedAt === undefined || before.stableLost
      ? normal('WeightRaised', `${after.version} gets ${desiredWeight(after)} % of requests`)
      : normal('WeightRestored', `${after.version} has ${desiredWeight(after)} % of requests again`),
  Probed: (_, __, { result }) => probeEnded(result),
  Drifted: (_, __, event) => warning('Drifted', event.message),
  CanaryLost: (_, __, event) => warning('CanaryLost', event.message),
  StableLost: (_, __, event) => warning('StableLost', event.message),
  StableBack: (_, after) =>
    normal('StableBack', `pods of ${after.stable?.version ?? '?'} are ready again; the step begins anew`),
  Promoted: (_, after) => normal('Promoted', `${after.version} has all traffic`),
  Retired: (before) => normal('Retired', `${before.stable?.version ?? '?'} was retired`),
  Lowered: (before) => takenBack(before),
}

function probeEnded({ name, verdict, message }: ProbeResult): Told {
  const told = `fault probe ${name}: ${message}`
  if (verdict === 'Pass') return normal('ProbePassed', told)
  return warning(verdict === 'Fail' ? 'ProbeFailed' : 'ProbeInconclusive', told)
}

function startOf({ version, stable }: ReleaseState): string {
  return `release of ${version} started; users have ${stable?.version ?? '?'}`
}

function lostAfterPromotion({ version, stable }: ReleaseState): string {
  return `the release of ${version} had lost its workflow after promotion; ${stable?.version ?? 'the old version'} is retired`
}

/** A refusal is told once, not at every try. */
function isNews(before: ReleaseState, after: ReleaseState): boolean {
  return findingsOf(before) !== findingsOf(after)
}

function findingsOf(state: ReleaseState): string {
  return state.findings.map((finding) => finding.message).join('; ')
}

function takenBack(state: ReleaseState): Told {
  const { ending, stable } = state
  const message = `${state.version} was taken back, ${stable?.version ?? 'stable'} has all traffic: ${ending?.message ?? ''}`
  return ending?.failed ? warning('RolledBack', message) : normal(ending?.reason ?? 'RolledBack', message)
}

function normal(reason: string, message: string): Told {
  return { type: 'Normal', reason, message }
}

function warning(reason: string, message: string): Told {
  return { type: 'Warning', reason, message }
}

import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { isActive } from '../policy/decide.ts'
import { conditionsOf } from './conditions.ts'
import type { Standing } from './conditions.ts'

/** What the controller writes beside a standing. */
export interface Settling {
  readonly generation: number
  /** RFC 3339 time. */
  readonly now: string
  /** The version wanted; a failed release of another one is forgotten. */
  readonly version: string | undefined
  readonly stableVersion?: string
  /** Workloads of that version. */
  readonly serving?: readonly string[]
}

/** The status of a Rollout that has no release under way. */
export function settledStatus(prior: RolloutStatus, standing: Standing, settling: Settling): RolloutStatus {
  const { lastFailed, ...rest } = prior
  const { generation, now } = settling
  const keptFailure = lastFailed !== undefined && lastFailed.version === settling.version
  const ready = standing.reason === 'Stable'
  const message = ready && saysWhy(prior, settling) ? (prior.message ?? standing.message) : standing.message
  return {
    ...rest,
    ...(keptFailure && { lastFailed }),
    observedGeneration: generation,
    ...(settling.stableVersion !== undefined && { stableVersion: settling.stableVersion }),
    ...(settling.serving && { serving: [...settling.serving] }),
    ...(ready && { weight: weightOfAll(prior) }),
    message,
    conditions: conditionsOf({ ...standing, message }, { generation, now, prior: prior.conditions }),
  }
}

/** The release that ended with this version said more about it than that it is stable. */
function saysWhy(prior: RolloutStatus, { generation, stableVersion }: Settling): boolean {
  const told = toldOf(prior)
  const isSaid = told?.reason === 'Stable' && told.observedGeneration === generation
  return isSaid && prior.stableVersion === stableVersion
}

/** What the proxies were seen to do belongs to the weight that was desired then. */
function weightOfAll({ weight }: RolloutStatus): NonNullable<RolloutStatus['weight']> {
  return weight?.desired === 100 ? weight : { desired: 100 }
}

/**
 * The status that says: this generation was handed to the workflow, which writes the rest. What the conditions say of an
 * earlier wish must not be taken for the answer to this one.
 */
export function deliveredStatus(prior: RolloutStatus, settling: Settling): RolloutStatus {
  const { generation, now, version } = settling
  const observed = { ...prior, observedGeneration: generation }
  if (isAnswer(prior, settling)) return observed
  const standing = isActive(prior) && wasUnreachable(prior) ? GOES_ON : starting(version)
  return {
    ...observed,
    message: standing.message,
    conditions: conditionsOf(standing, { generation, now, prior: prior.conditions }),
  }
}

function starting(version: string | undefined): Standing {
  return { type: 'Reconciling', reason: 'Starting', message: `a release of ${version} is about to start` }
}

/** What it is doing, its next action tells. */
const GOES_ON: Standing = {
  type: 'Reconciling',
  reason: 'Progressing',
  message: 'Temporal answers again; the release goes on',
}

function isAnswer(prior: RolloutStatus, { generation, version }: Settling): boolean {
  const told = toldOf(prior)
  if (told?.type === 'Reconciling') return !wasUnreachable(prior)
  if (told?.type === 'Ready' && prior.stableVersion === version) return true
  // A refused release that is asked to look again, or whose workflow was faster than this writer.
  return isActive(prior) && told?.observedGeneration === generation
}

function wasUnreachable(prior: RolloutStatus): boolean {
  return toldOf(prior)?.reason === 'EngineUnreachable'
}

function toldOf({ conditions }: RolloutStatus) {
  return conditions?.find(({ status }) => status === 'True')
}

/** The status of a Rollout whose engine cannot be reached; the release, if any, stays as it is. */
export function unreachableStatus(
  prior: RolloutStatus,
  settling: Settling & { readonly problem: string },
): RolloutStatus {
  const message = `Temporal cannot be used (${settling.problem}); trying again`
  const standing: Standing = { type: 'Reconciling', reason: 'EngineUnreachable', message }
  const { generation, now } = settling
  return {
    ...prior,
    message,
    conditions: conditionsOf(standing, { generation, now, prior: prior.conditions }),
  }
}

import { keyOf } from '../../api/names.ts'
import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import { manifestProblems } from '../../api/v1alpha1/manifest.ts'
import { parseSpec } from '../../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { RolloutSpec } from '../../api/v1alpha1/spec.ts'
import { isSame } from '../../core/machine/moves.ts'
import { foresee } from '../../core/policy/foresight.ts'
import type { Foresight } from '../../core/policy/foresight.ts'
import { refOfPlanned } from '../../core/policy/planned.ts'
import { faultWarnings } from '../../core/policy/fault-warnings.ts'
import { gitWarnings, planWarnings, toolWarnings } from '../../core/policy/warnings.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import type { Candidate } from '../manifests/objects.ts'
import { remarkOn } from '../manifests/remarks.ts'
import type { Remark } from '../manifests/remarks.ts'
import { gather } from './gather.ts'
import type { Gathered } from './gather.ts'
import { rolloutIn, rolloutsAround } from './rollouts.ts'
import type { Surroundings } from './surroundings.ts'

/** What is to be said of a Rollout in a file. */
export interface Examined {
  readonly candidate: Candidate
  readonly remarks: readonly Remark[]
  /** What was not checked, and why. */
  readonly notes: readonly string[]
  /** Absent where the Rollout itself is not valid. */
  readonly foreseen?: Foreseen
}

/** A valid Rollout, and what preflight will say of it. */
export interface Foreseen extends Gathered, Foresight {
  readonly spec: RolloutSpec
  readonly rollout: RawRollout
}

export interface Examining {
  /** All candidates of the files: the first of them counts as the oldest. */
  readonly candidates: readonly Candidate[]
  readonly around: Surroundings
  /** The version that users have, if nothing in the mesh tells. */
  readonly from?: string | undefined
}

/**
 * Checks a Rollout as the API server and preflight will: first its own fields, then, if they are in order, what it names.
 * Throws an Error when the cluster does not answer.
 */
export async function examine(candidate: Candidate, examining: Examining): Promise<Examined> {
  const { entry } = candidate
  const parsed = parseSpec(entry.value['spec'])
  const problems = [...manifestProblems(entry.value), ...('problems' in parsed ? parsed.problems : [])]
  if ('problems' in parsed || problems.length > 0) {
    return { candidate, remarks: problems.map((text) => remarkOn(entry, text, keyOf(candidate))), notes: [] }
  }
  const foreseen = await foreseeIt(candidate, parsed.spec, examining)
  return {
    candidate,
    remarks: [...findingRemarks(candidate, foreseen), ...warningRemarks(candidate, foreseen, examining)],
    notes: notesOf(candidate, foreseen),
    foreseen,
  }
}

async function foreseeIt(
  candidate: Candidate,
  written: RolloutSpec,
  { candidates, around, from }: Examining,
): Promise<Foreseen> {
  const rollouts = await rolloutsAround(candidates, candidate.namespace, around)
  const rollout = rollouts.find(({ meta }) => keyOf(meta) === keyOf(candidate)) ?? rolloutIn(candidate, 0)
  const spec = from === undefined ? written : { ...written, initialVersion: from }
  const gathered = await gather(rollout, spec, rollouts, around)
  return { ...gathered, ...foresee(gathered.scene, gathered.gaps), spec, rollout }
}

/** Where its objects cannot be made, all that is found in those that stand there instead is beside the point. */
function findingRemarks(candidate: Candidate, { findings, unmakeable }: Foreseen): Remark[] {
  const key = keyOf(candidate)
  if (unmakeable !== undefined) return [remarkOn(candidate.entry, unmakeable, key)]
  return findings.map(({ reason, message }) => {
    const fallback = FIELDS[reason as FindingReason] ?? 'spec'
    return remarkOn(candidate.entry, message, key, { fallback })
  })
}

function warningRemarks(candidate: Candidate, foreseen: Foreseen, { around }: Examining): Remark[] {
  const { plan, rollout } = foreseen.scene
  const inFiles = plan.virtualServices.map((planned) =>
    around.inFiles('VirtualService', refOfPlanned(planned, rollout)),
  ) as unknown as (VirtualService | undefined)[]
  const texts = [
    ...planWarnings(plan),
    ...gitWarnings(plan, rollout, inFiles),
    ...toolWarnings(foreseen.scene),
    ...faultWarnings(foreseen.scene, around.isLive),
    ...failedBefore(foreseen),
  ]
  return texts.map((text) => remarkOn(candidate.entry, text, keyOf(candidate), { severity: 'warning' }))
}

function failedBefore({ rollout, spec, templateHash }: Foreseen): string[] {
  const { lastFailed } = rollout.status
  if (lastFailed === undefined || !isSame(lastFailed, { version: spec.version, templateHash })) return []
  return [
    `spec.version: ${spec.version} was rolled back (${lastFailed.message}) and is not tried again until version or pod template changes`,
  ]
}

function notesOf(candidate: Candidate, { missing, clearance }: Foreseen): string[] {
  const key = keyOf(candidate)
  const isBusy = clearance?.kind === 'Leftover'
  return [
    ...(missing.length > 0
      ? [
          `${key}: not checked: ${listed(missing)} ${missing.length > 1 ? 'are' : 'is'} not in these files; use --cluster`,
        ]
      : []),
    ...(isBusy
      ? [
          `${key}: not checked: the objects it names, since a release of ${clearance.canary.version} is under way`,
        ]
      : []),
  ]
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(texts: readonly string[]): string {
  const last = texts.at(-1) ?? ''
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} and ${last}`
}

const SERVICE = 'spec.traffic.service'
const ROUTES = 'spec.traffic.existing.virtualServices'
const RULE = 'spec.traffic.existing.destinationRule'

/** The field that a finding is about whose message names none. */
const FIELDS: Partial<Record<FindingReason, string>> = {
  ServiceWithoutSelector: SERVICE,
  ServiceSelectsVersion: SERVICE,
  NamespaceAmbient: 'metadata.namespace',
  RouteUnsupported: ROUTES,
  RouteWithoutSubset: ROUTES,
  RouteSplit: ROUTES,
  ProbeWithoutSidecar: 'spec.faults',
  DestinationRuleForAnotherHost: RULE,
  DestinationRuleContradicted: RULE,
  SubsetNotFound: RULE,
  SubsetWithoutVersion: RULE,
  SubsetAmbiguous: ROUTES,
  ShareTooSmall: ROUTES,
  SubsetNameTaken: RULE,
  StableUnknown: ROUTES,
  StableNotReady: 'spec.version',
  WorkloadTracked: 'spec.retire.policy',
}

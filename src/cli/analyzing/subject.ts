import { keyOf } from '../../api/names.ts'
import { attributionOf } from '../../core/analysis/attribution.ts'
import type { Attribution } from '../../core/analysis/attribution.ts'
import type { Plan } from '../../core/plan.ts'
import { fullHost } from '../../core/traffic/hosts.ts'
import { examine } from '../checking/examine.ts'
import type { Examined, Foreseen } from '../checking/examine.ts'
import { load } from '../checking/load.ts'
import type { FileOptions, Loaded } from '../checking/load.ts'
import type { Surroundings } from '../checking/surroundings.ts'
import { isSelected, podLabelsOf } from '../manifests/views.ts'
import type { Shell } from '../shell.ts'
import { paintOf } from '../view/paint.ts'
import { remarkLine } from '../view/remarks.ts'

/** A Rollout whose metrics are asked for. */
export interface Subject {
  /** `namespace/name`. */
  readonly key: string
  readonly plan: Plan
  /** Full mesh host. */
  readonly host: string
  /** The version wanted. */
  readonly version: string
  /** What users have, if files or cluster tell. */
  readonly stable: string | undefined
  readonly attribution: Attribution | undefined
  /** In a cluster that was asked there is no such Service. */
  readonly lacksService: boolean
}

/** How somebody at a terminal says what a Rollout says of its Prometheus. */
const OTHER_WAY =
  'give its URL by --prometheus, headers and credentials by SLUICE_PROMETHEUS_HEADERS, SLUICE_PROMETHEUS_TOKEN_FILE and so on'

/** The Rollouts of files that are valid; what is wrong with the others is written, and the exit code set. */
export async function subjectsIn(
  shell: Shell,
  paths: readonly string[],
  options: FileOptions & { readonly from?: string | undefined },
): Promise<Subject[]> {
  const loaded = await load(shell, paths, options)
  const subjects: Subject[] = []
  const problems = [...loaded.remarks]
  for (const candidate of loaded.candidates) {
    const examined = await examine(candidate, { ...loaded, from: options.from })
    if (examined.foreseen === undefined) problems.push(...examined.remarks)
    else subjects.push(await subjectOf(examined, examined.foreseen, { loaded, from: options.from }))
  }
  const lines = problems
    .filter(({ severity }) => severity === 'problem')
    .map((remark) => `${remarkLine(remark, paintOf(shell.color))}\n`)
  shell.output.write(lines.join(''))
  if (lines.length > 0) shell.exit(1)
  for (const { key, plan } of subjects) {
    if (plan.prometheus !== undefined)
      shell.note(`${key}: spec.analysis.prometheus is not read here; ${OTHER_WAY}`)
  }
  return subjects
}

async function subjectOf(
  { candidate }: Examined,
  foreseen: Foreseen,
  { loaded, from }: { loaded: Loaded; from: string | undefined },
): Promise<Subject> {
  const { scene, spec, clearance, rollout } = foreseen
  const cleared = clearance?.kind === 'Cleared' ? clearance.stable.version : undefined
  return {
    key: keyOf(candidate),
    plan: scene.plan,
    host: fullHost({ namespace: candidate.namespace, name: scene.plan.service }),
    version: spec.version,
    stable: from ?? cleared ?? rollout.status.stableVersion ?? spec.initialVersion,
    attribution: await attributionIn(foreseen, loaded.around),
    lacksService: loaded.around.isLive && scene.service === undefined,
  }
}

async function attributionIn({ scene }: Foreseen, around: Surroundings): Promise<Attribution | undefined> {
  const { service, plan, rollout } = scene
  const all = service === undefined ? [] : await around.workloads(rollout.namespace)
  const workloads = all
    .filter((object) => isSelected(podLabelsOf(object), service?.selector ?? {}))
    .map((object) => ({ name: object.metadata.name, podLabels: podLabelsOf(object) }))
  return attributionOf(plan.versionLabel, workloads)
}

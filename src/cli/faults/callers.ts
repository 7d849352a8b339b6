import { keyOf } from '../../api/names.ts'
import { parseSpec } from '../../api/v1alpha1/rollout.ts'
import { planOf } from '../../core/plan.ts'
import type { Plan } from '../../core/plan.ts'
import { readyByVersion, selectorOf } from '../../core/policy/pods.ts'
import type { SelectingService } from '../../core/policy/scene.ts'
import type { FoundRollout } from '../../ports-views.ts'
import { named } from '../find.ts'
import { isSelected, labelsOf, podViewOf, selectorIn } from '../manifests/views.ts'
import type { Cluster } from '../shell.ts'
import { splitOf } from '../view/model.ts'

/** Whose calls meet a fault: pods of one version behind the Service of a Rollout. */
export interface Callers {
  /** `namespace/name` of the Rollout. */
  readonly rollout: string
  readonly service: SelectingService
  readonly version: string
  readonly labels: Readonly<Record<string, string>>
  readonly readyPods: number
  /** Percent of the requests that the version gets as the canary of a release; absent: it is none. */
  readonly canaryWeight?: number
  /** Users have this version, or nobody knows which they have. */
  readonly isStable: boolean
}

/**
 * The callers that are meant. Throws an Error that says what is missing.
 * @param name of the Rollout; absent: the only one of the namespace
 * @param version absent: the canary of the release under way
 */
export async function callersOf(
  cluster: Cluster,
  name: string | undefined,
  version: string | undefined,
): Promise<Callers> {
  const rollout = await rolloutIn(cluster, name)
  const plan = planIn(rollout)
  const canary = splitOf(rollout)?.canary
  const chosen = version ?? canary?.version
  if (chosen === undefined) throw new Error(noCanaryText(rollout))
  const service = await serviceOf(cluster, plan)
  const { stableVersion } = rollout.status
  return {
    rollout: keyOf(rollout.meta),
    service,
    version: chosen,
    ...(await podsOf(cluster, service, { label: plan.versionLabel, version: chosen })),
    ...(canary?.version === chosen && { canaryWeight: canary.weight }),
    isStable: (stableVersion ?? chosen) === chosen,
  }
}

async function rolloutIn({ viewer, namespace }: Cluster, name: string | undefined): Promise<FoundRollout> {
  const rollouts = await viewer.list(namespace)
  const [only, ...others] = rollouts
  if (name !== undefined) return named(rollouts, { namespace, name })
  if (only !== undefined && others.length === 0) return only
  const names = rollouts.map(({ meta }) => meta.name).toSorted()
  const found = names.length === 0 ? 'there are none' : `there are: ${names.join(', ')}`
  throw new Error(`name a Rollout of namespace ${namespace}; ${found}`)
}

function planIn({ meta, spec }: FoundRollout): Plan {
  const parsed = parseSpec(spec)
  if ('spec' in parsed) return planOf(parsed.spec, meta)
  throw new Error(`Rollout ${keyOf(meta)} is not valid: ${parsed.problems.join('; ')}`)
}

function noCanaryText({ meta, status }: FoundRollout): string {
  const { stableVersion } = status
  const users = stableVersion === undefined ? '' : `; users have ${stableVersion}`
  return `no release of ${keyOf(meta)} is under way: say by --version whose calls are meant${users}`
}

async function serviceOf({ reader, namespace }: Cluster, { service: name }: Plan): Promise<SelectingService> {
  const manifest = await reader.read('Service', { namespace, name })
  if (manifest === undefined) throw new Error(`there is no Service ${namespace}/${name}`)
  return { namespace, name, selector: selectorIn(manifest) }
}

async function podsOf(
  { reader, namespace }: Cluster,
  service: SelectingService,
  { label, version }: { readonly label: string; readonly version: string },
): Promise<Pick<Callers, 'labels' | 'readyPods'>> {
  const labels = selectorOf(service, label, version)
  if (labels === undefined) throw new Error(`Service ${keyOf(service)} selects no pods`)
  const pods = (await reader.pods(namespace)).filter((pod) => isSelected(labelsOf(pod), service.selector))
  const ready = readyByVersion(pods.map(podViewOf), label)
  const readyPods = ready[version] ?? 0
  if (readyPods > 0) return { labels, readyPods }
  const found = Object.keys(ready).toSorted().join(', ') || 'none'
  throw new Error(
    `no ready pod of Service ${keyOf(service)} has the label ${label}=${version}, so nobody would meet the fault; found: ${found}`,
  )
}

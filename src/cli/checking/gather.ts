import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { RolloutSpec } from '../../api/v1alpha1/spec.ts'
import { contentHash } from '../../core/hash.ts'
import { planOf } from '../../core/plan.ts'
import type { Plan } from '../../core/plan.ts'
import { generatedRule, generatedVirtualService, unmakeable } from '../../core/traffic/generated.ts'
import type { Gaps } from '../../core/policy/foresight.ts'
import { refOfPlanned } from '../../core/policy/planned.ts'
import { readyByVersion, selectorOf } from '../../core/policy/pods.ts'
import type { Scene, SelectingService, SelectingWorkload, TrackedWorkload } from '../../core/policy/scene.ts'
import { templateHashOf } from '../../core/policy/templates.ts'
import { trackerOf } from '../../core/policy/tracking.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../core/traffic/types.ts'
import type { Manifest } from '../../ports-views.ts'
import {
  isSelected,
  labelsOf,
  podLabelsOf,
  podViewOf,
  selectorIn,
  templateOf,
  tracesOf,
} from '../manifests/views.ts'
import { faultSceneOf } from './faults.ts'
import type { Surroundings } from './surroundings.ts'

/** All that can be known before a release. */
export interface Gathered {
  readonly scene: Scene
  readonly gaps: Gaps
  /** Of the version wanted; empty where no workload carries it. */
  readonly templateHash: string
  /** What is not known though the Rollout names it, for people. */
  readonly missing: readonly string[]
  /** Why the objects that the Rollout asks for cannot be made; undefined when they can, or it asks for none. */
  readonly unmakeable: string | undefined
}

/** The objects that Sluice would make for the Rollout; undefined where it makes none, or nobody tells what users have. */
function madeFor(
  { meta, status }: RawRollout,
  { initialVersion }: RolloutSpec,
  { generated: planned, service: name, versionLabel }: Plan,
): { readonly virtualService: VirtualService; readonly rule: DestinationRule } | undefined {
  const stable = status.stableVersion ?? initialVersion
  if (planned === undefined || stable === undefined) return undefined
  const service = { namespace: meta.namespace, name }
  const mark = { rollout: keyOf(meta), uid: meta.uid, release: '', seq: 0 }
  const making = { name: meta.name, service, planned, versionLabel, stable, mark }
  return { virtualService: generatedVirtualService(making), rule: generatedRule(making) }
}

/** Gathers what preflight decides on. `rollouts` are all that may ask for the same routes, this one among them. */
export async function gather(
  rollout: RawRollout,
  spec: RolloutSpec,
  rollouts: readonly RawRollout[],
  around: Surroundings,
): Promise<Gathered> {
  const { namespace, name, uid } = rollout.meta
  const plan = planOf(spec, rollout.meta)
  const made = madeFor(rollout, spec, plan)
  const serviceRef = { namespace, name: plan.service }
  const service = serviceOf(await around.read('Service', serviceRef), serviceRef)
  const virtualServices = await Promise.all(
    plan.virtualServices.map(async (one) => around.read('VirtualService', refOfPlanned(one, rollout.meta))),
  )
  const ruleRef = { namespace, name: plan.destinationRule }
  const rule = (await around.read('DestinationRule', ruleRef)) as unknown as DestinationRule | undefined
  const running = await runningBehind(service, plan.versionLabel, around)
  const faults = await faultSceneOf({ plan, version: spec.version, namespace, service }, around)
  const scene: Scene = {
    rollout: { namespace, name, uid },
    plan,
    version: spec.version,
    initialVersion: spec.initialVersion,
    status: rollout.status,
    service,
    virtualServices: virtualServices.map(
      (object) => (object as VirtualService | undefined) ?? made?.virtualService,
    ),
    destinationRule: rule ?? made?.rule,
    destinationRules: (await around.list('DestinationRule', namespace)) as unknown as DestinationRule[],
    namespaceLabels: labelsOf(await around.read('Namespace', { namespace: '', name: namespace })),
    rollouts,
    readyPods: running.readyPods,
    workloads: labelledOf(running.workloads, plan.versionLabel),
    tracked: trackedOf(running.workloads, plan.versionLabel),
    ...(faults && { faults }),
    versions: running.versions,
    metrics: { scraped: false, boundariesMs: [] },
  }
  const gaps = gapsOf(scene, around.isLive)
  const templateHash = hashOf(running.workloads, selectorOf(service, plan.versionLabel, spec.version))
  const claimed = [...(virtualServices as unknown as (VirtualService | undefined)[]), rule]
  const refused = await whyUnmakeable(scene, claimed, around)
  return { scene, gaps, templateHash, missing: missingOf(scene, gaps), unmakeable: refused }
}

async function whyUnmakeable(
  { rollout, plan }: Scene,
  standing: readonly (MeshObject | undefined)[],
  around: Surroundings,
): Promise<string | undefined> {
  const { name, namespace } = rollout
  if (plan.generated === undefined) return undefined
  const all = (await around.list('VirtualService', namespace)) as unknown as VirtualService[]
  const service = { namespace, name: plan.service }
  return unmakeable({ name, service, planned: plan.generated, standing }, all)
}

function serviceOf(object: Manifest | undefined, ref: ObjectRef): SelectingService | undefined {
  return object && { ...ref, selector: selectorIn(object) }
}

interface Running {
  readonly workloads: readonly Manifest[]
  readonly readyPods: Record<string, number>
  readonly versions: readonly string[]
}

/** What runs behind a Service, or will once the files are applied. */
async function runningBehind(
  service: SelectingService | undefined,
  label: string,
  around: Surroundings,
): Promise<Running> {
  if (service === undefined) return { workloads: [], readyPods: {}, versions: [] }
  const { namespace, selector } = service
  const pods = (await around.pods(namespace)).filter((pod) => isSelected(labelsOf(pod), selector))
  const workloads = (await around.workloads(namespace)).filter((object) =>
    isSelected(podLabelsOf(object), selector),
  )
  const readyPods = readyByVersion(pods.map(podViewOf), label)
  const labels = [...pods.map(labelsOf), ...workloads.map(podLabelsOf)]
  const versions = new Set(labels.flatMap((set) => set[label] ?? []))
  return { workloads, readyPods, versions: [...versions].toSorted() }
}

/** With the labels of their pods alone: selectors are judged when the release begins. */
function labelledOf(workloads: readonly Manifest[], label: string): SelectingWorkload[] {
  return workloads.flatMap((object) => {
    const podLabels = podLabelsOf(object)
    const version = podLabels[label]
    return version === undefined ? [] : [{ version, name: object.metadata.name, podLabels }]
  })
}

function trackedOf(workloads: readonly Manifest[], label: string): TrackedWorkload[] {
  return workloads.flatMap((object) => {
    const { kind = '', metadata } = object
    const [version, by] = [podLabelsOf(object)[label], trackerOf(tracesOf(object))]
    return version === undefined || by === undefined
      ? []
      : [{ version, name: `${kind} ${metadata.name}`, by }]
  })
}

function hashOf(workloads: readonly Manifest[], selector: Record<string, string> | undefined): string {
  if (selector === undefined) return ''
  const own = workloads.filter((object) => isSelected(podLabelsOf(object), selector))
  return templateHashOf(
    own.map((object) => {
      const { kind = '', metadata } = object
      return { kind, name: metadata.name, templateHash: contentHash(templateOf(object)) }
    }),
  )
}

/** With a cluster, what was not found is not there. Prometheus is asked by nobody but the controller. */
function gapsOf(scene: Scene, isLive: boolean): Gaps {
  if (isLive) {
    const known = {
      service: false,
      virtualServices: [],
      destinationRule: false,
      workloads: false,
      pods: false,
    }
    return { ...known, metrics: true }
  }
  return {
    service: scene.service === undefined,
    virtualServices: scene.virtualServices.flatMap((object, place) => (object === undefined ? [place] : [])),
    destinationRule: scene.destinationRule === undefined,
    workloads: !scene.versions.includes(scene.version),
    pods: true,
    metrics: true,
  }
}

function missingOf({ plan, rollout, version, faults }: Scene, gaps: Gaps): string[] {
  const { namespace } = rollout
  return [
    ...(gaps.service ? [`Service ${namespace}/${plan.service}`] : []),
    ...gaps.virtualServices.flatMap((place) => {
      const planned = plan.virtualServices[place]
      return planned === undefined ? [] : [`VirtualService ${keyOf(refOfPlanned(planned, rollout))}`]
    }),
    ...(gaps.destinationRule ? [`DestinationRule ${namespace}/${plan.destinationRule}`] : []),
    ...(plan.faults ?? []).flatMap(({ dependency }) =>
      dependency !== undefined && faults?.hosts[dependency] === undefined ? [`host ${dependency}`] : [],
    ),
    ...(gaps.workloads ? [`a workload with ${plan.versionLabel}=${version}`] : []),
  ]
}

import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { durationMs, durationText } from '../../api/quantities.ts'
import type { Plan } from '../plan.ts'
import { gitOpsManagersOf } from '../traffic/remedies.ts'
import { findRoutes, isOurs } from '../traffic/route.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../traffic/types.ts'
import { fieldOf, queryOf } from './planned.ts'

/** More of all requests at once (percent) is a leap. */
const LEAP = 50
/** Pods need time to be scheduled, pulled and started. */
const SHORT_DEADLINE_MS = durationMs('1m')
/** Boundaries of Istio's latency histogram, unless somebody set others (milliseconds). */
const USUAL_BOUNDARIES_MS = [
  1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]
/** Flux writes an object with one of these never again once it is there. */
const FLUX_APPLY = 'kustomize.toolkit.fluxcd.io/ssa'
const FLUX_LEAVES: ReadonlySet<string> = new Set(['ifnotpresent', 'ignore'])
const REMEDY = 'docs/guides/gitops.md tells how to keep it off'

/** What is allowed in a plan and yet rarely meant, each with the field of the spec that it is about. */
export function planWarnings(plan: Plan): string[] {
  return [...leaps(plan), ...blindHolds(plan), ...shortDeadline(plan), ...unusualLimits(plan)]
}

/** Weights in Git that Sluice moves in the cluster: whoever applies them again takes users along. */
export function gitWarnings(
  plan: Plan,
  rollout: ObjectRef,
  inFiles: readonly (VirtualService | undefined)[],
): string[] {
  return inFiles.flatMap((object, place) => {
    const planned = plan.virtualServices[place]
    if (object === undefined || planned === undefined || isLeftByFlux(object)) return []
    const query = queryOf(plan, planned, rollout)
    const isWeighted = findRoutes(object, query).some((index) =>
      object.spec.http?.[index]?.route?.some(
        (entry) => entry.weight !== undefined && isOurs(object, entry, query.service),
      ),
    )
    if (!isWeighted) return []
    return [
      `${fieldOf(place)}: VirtualService ${keyOf(object.metadata)} has weights in these files, which Sluice moves and a GitOps tool puts back; ${REMEDY}`,
    ]
  })
}

/** Tools that wrote the weights or subsets of objects in the cluster, and come back by themselves. */
export function toolWarnings({
  virtualServices,
  destinationRule,
}: {
  /** As the plan lists them. */
  readonly virtualServices: readonly (VirtualService | undefined)[]
  readonly destinationRule: DestinationRule | undefined
}): string[] {
  const named: readonly (readonly [string, MeshObject | undefined])[] = [
    ...virtualServices.map((object, place) => [fieldOf(place), object] as const),
    ['spec.traffic.existing.destinationRule', destinationRule],
  ]
  return named.flatMap(([field, object]) => {
    if (object === undefined) return []
    const what = object.kind === 'VirtualService' ? 'weights' : 'subsets'
    const name = `${object.kind} ${keyOf(object.metadata)}`
    return gitOpsManagersOf(object).map(
      ({ manager }) =>
        `${field}: ${manager} wrote the ${what} of ${name} and may undo what a release writes; ${REMEDY}`,
    )
  })
}

function isLeftByFlux({ metadata }: VirtualService): boolean {
  return FLUX_LEAVES.has((metadata.annotations?.[FLUX_APPLY] ?? '').toLowerCase())
}

function leaps({ steps }: Plan): string[] {
  return steps.flatMap(({ weight }, index) => {
    const before = steps[index - 1]?.weight ?? 0
    if (weight - before <= LEAP) return []
    const message =
      index === 0
        ? `${weight} % of all requests go to a version that nobody has tried; begin with less, such as 5`
        : `goes from ${before} to ${weight} % at once; a step between them shows harm to fewer users`
    return [`spec.steps[${index}].weight: ${message}`]
  })
}

/** A hold of nothing says that evidence alone decides. */
function blindHolds({ steps, warmupMs, intervalMs }: Plan): string[] {
  const held = steps.map(({ holdMs }, index) => ({ holdMs, index })).filter(({ holdMs }) => holdMs > 0)
  const uncounted = held.filter(({ holdMs }) => holdMs <= warmupMs)
  const unseen = held.filter(({ holdMs }) => holdMs > warmupMs && holdMs < intervalMs)
  return [
    ...holdWarning(
      uncounted,
      `not longer than analysis.warmup (${durationText(warmupMs)}): no request of it counts, so the step lasts longer`,
    ),
    ...holdWarning(
      unseen,
      `shorter than analysis.interval (${durationText(intervalMs)}): nobody looks before it is over, so the step lasts longer`,
    ),
  ]
}

function holdWarning(
  [first, ...rest]: readonly { readonly holdMs: number; readonly index: number }[],
  problem: string,
): string[] {
  if (first === undefined) return []
  const others = rest.map(({ index }) => `[${index}]`).join(', ')
  const also = others === '' ? '' : `; so it is of steps${others}`
  return [`spec.steps[${first.index}].hold: ${durationText(first.holdMs)} is ${problem}${also}`]
}

function shortDeadline({ progressDeadlineMs }: Plan): string[] {
  if (progressDeadlineMs >= SHORT_DEADLINE_MS) return []
  const deadline = durationText(progressDeadlineMs)
  return [
    `spec.progressDeadline: ${deadline} is short for pods that are scheduled, pulled and started; a release whose pods are late is taken back`,
  ]
}

function unusualLimits({ metrics }: Plan): string[] {
  return metrics.flatMap(({ istio, max }, index) => {
    if (istio !== 'Latency' || max === undefined) return []
    const ms = durationMs(max)
    if (USUAL_BOUNDARIES_MS.includes(ms)) return []
    const nearest = [
      USUAL_BOUNDARIES_MS.findLast((boundary) => boundary < ms),
      USUAL_BOUNDARIES_MS.find((boundary) => boundary > ms),
    ].flatMap((boundary) => (boundary === undefined ? [] : durationText(boundary)))
    return [
      `spec.analysis.metrics[${index}].max: ${max} is no boundary of Istio's usual latency histogram, and between two nobody can tell; nearest: ${nearest.join(', ')}`,
    ]
  })
}

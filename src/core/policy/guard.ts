import type { PodFacts } from './pods.ts'
import type { RouteFinding } from '../traffic/drift.ts'
import type { VirtualService } from '../traffic/types.ts'

/** What the guard sees between looks, from caches. */
export interface GuardView {
  readonly route: RouteFinding | undefined
  /** The canary's subset is missing in the DestinationRule. */
  readonly subsetMissing: boolean
  readonly pods: PodFacts
  /** Hash of the canary's pod template now; empty when no workload carries the version. */
  readonly templateHash: string
  /** Sequence in the Rollout's status. */
  readonly statusSeq: number
}

/** What is to be done at once. */
export type Alarm =
  | { readonly kind: 'Overtaken' }
  | { readonly kind: 'TrafficGone' }
  | { readonly kind: 'TemplateChanged'; readonly templateHash: string }
  | { readonly kind: 'CanaryCrashed'; readonly message: string }
  | { readonly kind: 'CanaryLost'; readonly message: string }
  /** `by`: the object as a stranger wrote it; absent when nobody else did. */
  | { readonly kind: 'Drifted'; readonly message: string; readonly by?: VirtualService }

/** The release that is guarded. */
export interface Guarded {
  readonly version: string
  readonly templateHash: string
  readonly seq: number
}

/** Is something wrong that no metric needs to tell? In the order of what matters most. */
export function alarmOf(view: GuardView, release: Guarded): Alarm | undefined {
  if (view.route?.kind === 'Overtaken' || isBehind(view, release)) return { kind: 'Overtaken' }
  if (view.route?.kind === 'Gone') return { kind: 'TrafficGone' }
  const changed =
    view.templateHash !== '' && release.templateHash !== '' && view.templateHash !== release.templateHash
  if (changed) return { kind: 'TemplateChanged', templateHash: view.templateHash }
  return podAlarm(view, release) ?? routeAlarm(view)
}

/** The next sequence is written by the end of this very action, which a crash may have cut off. */
function isBehind({ statusSeq }: GuardView, { seq }: Guarded): boolean {
  return statusSeq > seq + 1
}

/** What is said of a version whose requests would meet nobody for want of its subset. */
export function subsetMissing(version: string): string {
  return `the subset of ${version} is missing in the DestinationRule`
}

function podAlarm(view: GuardView, { version }: Guarded): Alarm | undefined {
  if (view.subsetMissing) {
    return { kind: 'CanaryLost', message: subsetMissing(version) }
  }
  if (view.pods.ready > 0) return undefined
  if (view.pods.crashing > 0) {
    return {
      kind: 'CanaryCrashed',
      message: `no pod of ${version} is ready; ${view.pods.crashing} of ${view.pods.total} crash`,
    }
  }
  return { kind: 'CanaryLost', message: `no pod of ${version} is ready` }
}

function routeAlarm({ route }: GuardView): Alarm | undefined {
  if (route?.kind === 'Halted') return { kind: 'Overtaken' }
  if (route?.kind !== 'Drifted' && route?.kind !== 'Stripped' && route?.kind !== 'Old') return undefined
  return { kind: 'Drifted', message: route.message, ...(route.by && { by: route.by }) }
}

import type { PodFacts } from './pods.ts'
import type { RouteFinding } from '../traffic/drift.ts'
import type { VirtualService } from '../traffic/types.ts'

/** What the guard sees between looks, from caches. */
export interface GuardView {
  readonly route: RouteFinding | undefined
  /** The DestinationRule lacks the subset of one of the versions. */
  readonly subsetMissing: boolean
  readonly pods: PodFacts
  /** Pods of stable. */
  readonly stable: PodFacts
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
  | { readonly kind: 'SubsetMissing' }
  | { readonly kind: 'StableLost'; readonly message: string }
  | { readonly kind: 'StableBack' }
  | { readonly kind: 'CanaryCrashed'; readonly message: string }
  | { readonly kind: 'CanaryLost'; readonly message: string }
  /** `by`: the object as a stranger wrote it; absent when nobody else did. */
  | { readonly kind: 'Drifted'; readonly message: string; readonly by?: VirtualService }

/** The release that is guarded. */
export interface Guarded {
  readonly version: string
  readonly templateHash: string
  readonly seq: number
  readonly stable?: { readonly version: string }
  /** The canary has all traffic already, for want of stable's pods. */
  readonly stableLost?: true
}

/** Is something wrong that no metric needs to tell? In the order of what matters most. */
export function alarmOf(view: GuardView, release: Guarded): Alarm | undefined {
  if (view.route?.kind === 'Overtaken' || isBehind(view, release)) return { kind: 'Overtaken' }
  if (view.route?.kind === 'Gone') return { kind: 'TrafficGone' }
  if (isAnotherTemplate(view, release)) return { kind: 'TemplateChanged', templateHash: view.templateHash }
  return podAlarm(view, release) ?? (view.subsetMissing ? { kind: 'SubsetMissing' } : routeAlarm(view))
}

function isAnotherTemplate(view: GuardView, release: Guarded): boolean {
  const areKnown = view.templateHash !== '' && release.templateHash !== ''
  return areKnown && view.templateHash !== release.templateHash
}

/** The next sequence is written by the end of this very action, which a crash may have cut off. */
function isBehind({ statusSeq }: GuardView, { seq }: Guarded): boolean {
  return statusSeq > seq + 1
}

/** What is said of a version whose requests would meet nobody for want of its subset. */
export function subsetMissing(version: string): string {
  return `the subset of ${version} is missing in the DestinationRule`
}

function podAlarm(view: GuardView, release: Guarded): Alarm | undefined {
  const { version } = release
  if (view.pods.ready > 0) return stableAlarm(view, release)
  if (view.pods.crashing > 0) {
    return {
      kind: 'CanaryCrashed',
      message: `no pod of ${version} is ready; ${view.pods.crashing} of ${view.pods.total} crash`,
    }
  }
  return { kind: 'CanaryLost', message: `no pod of ${version} is ready` }
}

function stableAlarm({ stable, pods }: GuardView, release: Guarded): Alarm | undefined {
  if (release.stableLost) return stable.ready > 0 ? { kind: 'StableBack' } : undefined
  if (stable.ready > 0) return undefined
  const message = `no pod of ${release.stable?.version ?? 'stable'} is ready; ${release.version}, of which ${pods.ready} are, has all traffic until one is`
  return { kind: 'StableLost', message }
}

function routeAlarm({ route }: GuardView): Alarm | undefined {
  if (route?.kind === 'Halted') return { kind: 'Overtaken' }
  if (route?.kind !== 'Drifted' && route?.kind !== 'Stripped' && route?.kind !== 'Old') return undefined
  return { kind: 'Drifted', message: route.message, ...(route.by && { by: route.by }) }
}

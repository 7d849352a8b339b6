import { fullHost } from '../traffic/hosts.ts'
import type { PlannedFault } from './planned.ts'

/** Whose requests meet a fault: the canary's own calls, those of a prober of ours, or those of users. */
export type FaultScope = 'Dependency' | 'Canary' | 'Traffic'

type Scoped = Pick<PlannedFault, 'dependency' | 'canary' | 'traffic'>

/** A plan of an earlier Sluice knows dependencies only. */
export function scopeOf({ canary, traffic }: Scoped): FaultScope {
  if (canary !== undefined) return 'Canary'
  return traffic === undefined ? 'Dependency' : 'Traffic'
}

/** Full host whose callers meet the fault: the dependency, or the service itself. */
export function hostOf(
  { dependency }: Scoped,
  { rollout, plan }: { readonly rollout: { readonly namespace: string }; readonly plan: Named },
): string {
  return dependency ?? fullHost({ namespace: rollout.namespace, name: plan.service })
}

interface Named {
  readonly service: string
}

/** What meets the fault, for people: `calls of v2`. */
export function metBy(fault: Scoped, version: string): string {
  switch (scopeOf(fault)) {
    case 'Dependency':
      return `calls of ${version}`
    case 'Canary':
      return 'requests of the prober'
    case 'Traffic':
      return 'requests of users'
  }
}

/** Percent of the requests in its reach that meet a fault at most: whoever is spared by the one part may meet the other. */
function shareOfFault({ abort, delay }: Pick<PlannedFault, 'abort' | 'delay'>): number {
  return Math.min(100, (abort?.percent ?? 0) + (delay?.percent ?? 0))
}

/**
 * Why an administrator does not let users meet a fault, in words; undefined: nothing speaks against it.
 * @param maxPercent the administrator's limit: percent of the requests of users
 */
export function notPermitted(
  fault: Scoped & Pick<PlannedFault, 'abort' | 'delay'>,
  maxPercent: number,
): string | undefined {
  const share = shareOfFault(fault)
  if (scopeOf(fault) !== 'Traffic' || share <= maxPercent) return undefined
  const allowed =
    maxPercent === 0 ? 'no request of users' : `at most ${maxPercent} % of the requests of users`
  return `up to ${share} % of the requests of users would meet it, and the administrator allows ${allowed} (SLUICE_FAULT_MAX_PERCENT)`
}

import { selects } from './selector.ts'
import type { LabelSelector } from './selector.ts'

/** A number of pods, or a percentage of them such as `50%`. */
export type Amount = number | string

/** A PodDisruptionBudget, as far as a release cares. */
export interface BudgetView extends LabelSelector {
  readonly name: string
  readonly minAvailable?: Amount | undefined
  readonly maxUnavailable?: Amount | undefined
}

type Labels = Readonly<Record<string, string>>

interface Pod {
  readonly labels: Labels
  readonly ready: boolean
  readonly terminating: boolean
}

/** Pods that go, and what remains behind the same Service. */
export interface Departure {
  readonly leaving: readonly Pod[]
  readonly remaining: readonly Pod[]
  /** What remains, as its owners want it. */
  readonly workloads: readonly { readonly podLabels: Labels; readonly replicas?: number | undefined }[]
}

/** A budget that could not be kept without the pods that go. */
export interface BrokenBudget {
  readonly name: string
  readonly needed: number
  /** Ready pods that would remain. */
  readonly ready: number
}

/**
 * Budgets that more than the leaving pods share, and that the ready pods that remain cannot keep. Kubernetes itself only
 * asks them when pods are evicted, not when a workload shrinks.
 */
export function brokenBudgets(
  budgets: readonly BudgetView[],
  { leaving, remaining, workloads }: Departure,
): BrokenBudget[] {
  return budgets.flatMap((budget) => {
    const isMeant = ({ labels }: Pod) => selects(budget, labels)
    const rest = remaining.filter(isMeant)
    const meant = workloads.filter(({ podLabels }) => selects(budget, podLabels))
    const expected = meant.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
    if (!leaving.some(isMeant) || (rest.length === 0 && expected === 0)) return []
    const needed = neededBy(budget, expected)
    const ready = rest.filter((pod) => pod.ready && !pod.terminating).length
    return ready < needed ? [{ name: budget.name, needed, ready }] : []
  })
}

/** Broken budgets in words. */
export function budgetsText(broken: readonly BrokenBudget[]): string {
  return broken
    .map(
      ({ name, needed, ready }) =>
        `PodDisruptionBudget ${name} needs ${needed} ready pods, ${ready} would remain`,
    )
    .join('; ')
}

/** Percentages are of the pods that are expected, and rounded up, as Kubernetes does. */
function neededBy({ minAvailable, maxUnavailable }: BudgetView, expected: number): number {
  if (minAvailable !== undefined) return amountOf(minAvailable, expected)
  return maxUnavailable === undefined ? 0 : expected - amountOf(maxUnavailable, expected)
}

function amountOf(amount: Amount, expected: number): number {
  if (typeof amount === 'number') return amount
  const number = Number.parseFloat(amount)
  return amount.endsWith('%') ? Math.ceil((number * expected) / 100) : number
}

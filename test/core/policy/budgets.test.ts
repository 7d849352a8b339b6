import { describe, expect, it } from 'vitest'
import { brokenBudgets, budgetsText } from '../../../src/core/policy/budgets.ts'
import type { BudgetView, Departure } from '../../../src/core/policy/budgets.ts'

const APP = { app: 'reviews' }

function aBudget(changes: Partial<BudgetView>): BudgetView {
  return { name: 'reviews', matchLabels: APP, matchExpressions: [], ...changes }
}

function pods(version: string, ready: number, unready = 0) {
  return Array.from({ length: ready + unready }, (_, index) => ({
    labels: { ...APP, version },
    ready: index < ready,
    terminating: false,
  }))
}

/** Four pods of v1 go; of the four of v2 so many are ready. */
function leaving(ready: number): Departure {
  return {
    leaving: pods('v1', 4),
    remaining: pods('v2', ready, 4 - ready),
    workloads: [{ podLabels: { ...APP, version: 'v2' }, replicas: 4 }],
  }
}

describe('a budget that both versions share', () => {
  it.each([
    ['minAvailable of 3', { minAvailable: 3 }, 3],
    ['minAvailable of half of what is expected then', { minAvailable: '50%' }, 2],
    ['minAvailable of a share that is rounded up', { minAvailable: '60%' }, 3],
    ['maxUnavailable of 1', { maxUnavailable: 1 }, 3],
    ['maxUnavailable of a quarter', { maxUnavailable: '25%' }, 3],
    ['maxUnavailable of 0', { maxUnavailable: 0 }, 4],
  ])('with %s is kept by as many ready pods as it needs, and not by fewer', (_, amount, needed) => {
    const budget = aBudget(amount)
    expect(brokenBudgets([budget], leaving(needed))).toEqual([])
    expect(brokenBudgets([budget], leaving(needed - 1))).toEqual([
      { name: 'reviews', needed, ready: needed - 1 },
    ])
  })

  it('is not kept by pods that are about to end', () => {
    const ending = pods('v2', 4).map((pod) => ({ ...pod, terminating: true }))
    expect(brokenBudgets([aBudget({ minAvailable: 1 })], { ...leaving(4), remaining: ending })).toHaveLength(
      1,
    )
  })

  it('is broken where the version that stays has no pod at all', () => {
    expect(brokenBudgets([aBudget({ minAvailable: 1 })], { ...leaving(4), remaining: [] })).toHaveLength(1)
  })

  it('is told with its numbers', () => {
    expect(budgetsText(brokenBudgets([aBudget({ minAvailable: 3 })], leaving(2)))).toBe(
      'PodDisruptionBudget reviews needs 3 ready pods, 2 would remain',
    )
  })
})

describe('a budget that does not matter', () => {
  it.each([
    ['selects only the version that goes', { matchLabels: { ...APP, version: 'v1' } }],
    ['selects only the version that stays', { matchLabels: { ...APP, version: 'v2' } }],
    ['selects other pods', { matchLabels: { app: 'ratings' } }],
    [
      'selects only the version that goes, by an expression',
      { matchExpressions: [{ key: 'version', operator: 'NotIn', values: ['v2'] }] },
    ],
    ['selects nothing', { matchLabels: {}, matchExpressions: [{ key: 'none', operator: 'In', values: [] }] }],
    ['asks in a way that is not known here', { matchExpressions: [{ key: 'version', operator: 'Gt' }] }],
  ])('%s', (_, selector) => {
    expect(brokenBudgets([aBudget({ minAvailable: 5, ...selector })], leaving(1))).toEqual([])
  })

  it.each([
    ['In', ['v1', 'v2']],
    ['NotIn', ['v3']],
    ['Exists', undefined],
  ])('is not one that selects both by %s', (operator, values) => {
    const matchExpressions = [{ key: 'version', operator, values }]
    expect(brokenBudgets([aBudget({ minAvailable: 5, matchExpressions })], leaving(4))).toHaveLength(1)
  })

  it('is one whose pods lack a label that the version has', () => {
    const matchExpressions = [{ key: 'version', operator: 'DoesNotExist' }]
    expect(brokenBudgets([aBudget({ minAvailable: 5, matchExpressions })], leaving(1))).toEqual([])
  })
})

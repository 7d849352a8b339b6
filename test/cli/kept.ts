import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import { addLook, beginStep, initialEvidence } from '../../src/core/analysis/evidence.ts'
import type { Counts, Evidence } from '../../src/core/analysis/evidence.ts'
import { judge } from '../../src/core/analysis/judge.ts'
import { measuresOf } from '../../src/core/analysis/measures.ts'
import { recordLook } from '../../src/core/analysis/record.ts'
import type { StepRecord } from '../../src/core/analysis/record.ts'
import type { KeptRelease } from '../../src/ports-views.ts'
import { lookAt, terms } from '../core/analysis/looks.ts'
import { aPlan, aState } from '../core/shop.ts'
import { NOW } from './fixtures.ts'

const COMPARED: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '5%', vsStable: {} }
const WEIGHTS = [5, 50, 100]
const INTERVAL_MS = 15_000
/** Requests of both versions in one look. */
const REQUESTS = 1_000

/** Share (0–1) of bad requests of a canary at each look of a step; stable has 1 in 1,000. */
export type Course = readonly number[]

/** A release as Temporal keeps it, as the judge itself judged it. */
export function aKeptRelease(steps: readonly Course[], changes: Partial<KeptRelease> = {}): KeptRelease {
  const measures = measuresOf([COMPARED])
  const plan = aPlan({
    metrics: [COMPARED],
    intervalMs: INTERVAL_MS,
    steps: WEIGHTS.map((weight) => ({ weight, holdMs: 60_000 })),
  })
  const startedAt = NOW - 3_600_000
  let evidence: Evidence = initialEvidence(measures, WEIGHTS.length)
  const records = steps.map((shares, step): StepRecord => {
    evidence = beginStep(evidence, step)
    const begun = { step, startedAt: startedAt + step * 600_000, metrics: {} }
    return shares.reduce<StepRecord>((record, share, index) => {
      const look = lookAt(measures[0]!, ...countsOf(WEIGHTS[step]!, share))
      evidence = addLook(evidence, measures, { 'error-rate': look }, { step, weights: WEIGHTS })
      const judgement = judge(evidence, measures, terms(WEIGHTS))
      return recordLook(
        record,
        { evidence, judgement, at: begun.startedAt + (index + 1) * INTERVAL_MS },
        measures,
      )
    }, begun)
  })
  const state = aState('Done', { plan, startedAt })
  return { runId: 'run-1', startedAt, isOver: true, state, results: [], records, ...changes }
}

function countsOf(weight: number, share: number): [canary: Counts, stable: Counts] {
  const total = (REQUESTS * weight) / 100
  const rest = REQUESTS - total
  return [
    { total, bad: Math.round(total * share) },
    { total: rest, bad: Math.round(rest / 1000) },
  ]
}

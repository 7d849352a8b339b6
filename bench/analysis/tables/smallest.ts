import { leastRequests } from '../../../src/core/analysis/least-requests.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { WEIGHTS } from '../simulation/release.ts'
import { fewestClean, fewestErrors, verdictOnSilence } from '../simulation/smallest.ts'
import { unacceptableAt } from './false-promotions.ts'
import type { Part } from './part.ts'

/** Errors below which no canary may fail, by step. */
const LEAST_ERRORS = [3, 5, 11] as const

/** The least that decides anything. */
export function smallestPart(): Part {
  const found = LEAST_ERRORS.map((leastErrors, step) => ({
    weight: WEIGHTS[step] ?? 100,
    leastErrors,
    errors: Math.min(...[1, 2, 5, 100].map((perLook) => fewestErrors(step, perLook))),
    leastClean: leastRequests(unacceptableAt(step), DEFAULT_LEVELS.beta),
    clean: fewestClean(step),
    silence: verdictOnSilence(step),
  }))
  return {
    tables: [
      {
        title: 'Analysis: the least that decides, with a stable that has no errors',
        headings: ['STEP', 'ERRORS TO FAIL', 'GOAL', 'CLEAN REQUESTS TO PASS', 'GOAL', 'AN HOUR OF SILENCE'],
        rows: found.map(({ weight, errors, leastErrors, clean, leastClean, silence }) => [
          `${weight} %`,
          `${errors}`,
          atLeast(errors, leastErrors),
          `${clean}`,
          atLeast(clean, leastClean),
          silence,
        ]),
      },
    ],
    figures: { smallest: found },
    wrong: found.flatMap(({ weight, errors, leastErrors, clean, leastClean, silence }) => [
      ...(errors < leastErrors ? [`at ${weight} % a canary fails on ${errors} errors`] : []),
      ...(clean < leastClean ? [`at ${weight} % a canary passes on ${clean} requests`] : []),
      ...(silence === 'NoData' ? [] : [`at ${weight} % silence is ${silence}`]),
    ]),
  }
}

function atLeast(value: number, goal: number): string {
  return `${goal} ${value >= goal ? 'kept' : 'MISSED'}`
}

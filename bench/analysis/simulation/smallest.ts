import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Verdict } from '../../../src/core/analysis/verdict.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { WEIGHTS } from './release.ts'
import { ERRORS } from './scenarios.ts'

/** A look in which stable had no error. */
interface CleanLook {
  readonly step: number
  readonly requests: number
  readonly bad: number
}

/** The verdict after looks at which requests were split by weight, and none of stable's failed. */
function verdictAfter(looks: readonly CleanLook[]): Verdict {
  const terms = { levels: DEFAULT_LEVELS, weights: WEIGHTS }
  const evidence = looks.reduce(
    (known, { step, requests, bad }) => {
      const weight = (WEIGHTS[step] ?? 100) / 100
      const total = { canary: requests, stable: Math.round((requests * (1 - weight)) / weight) }
      const strand = {
        reporter: 'Source' as const,
        total,
        cuts: [{ bad: { canary: bad, stable: 0 }, phi: 1 }],
      }
      return addLook(known, [ERRORS], { [ERRORS.name]: { strands: [strand] } }, { step, weights: WEIGHTS })
    },
    initialEvidence([ERRORS], WEIGHTS.length),
  )
  return judge(evidence, [ERRORS], terms).verdict
}

/**
 * Fewest errors on which a canary fails at a step, if all of its requests fail: no other traffic tells more. Earlier
 * steps had as few requests as pass them, so that most of their capital is still there.
 * @param perLook requests of a look
 */
export function fewestErrors(step: number, perLook: number): number {
  const earlier: CleanLook[] = Array.from({ length: step }, (_, index) => ({
    step: index,
    requests: fewestClean(index),
    bad: 0,
  }))
  for (let errors = 1; ; errors++) {
    const looks = Array.from({ length: Math.ceil(errors / perLook) }, (_, index) => {
      const requests = Math.min(perLook, errors - index * perLook)
      return { step, requests, bad: requests }
    })
    if (verdictAfter([...earlier, ...looks]) === 'Fail') return errors
  }
}

/** Fewest requests without an error on which a step passes, in one look: nothing passes sooner. */
export function fewestClean(step: number): number {
  let [below, enough] = [0, 1]
  const holds = (requests: number) => verdictAfter([{ step, requests, bad: 0 }]) === 'Pass'
  while (!holds(enough)) [below, enough] = [enough, enough * 2]
  while (enough - below > 1) {
    const middle = Math.floor((below + enough) / 2)
    if (holds(middle)) enough = middle
    else below = middle
  }
  return enough
}

/** The verdict after an hour in which nobody asked the canary anything. */
export function verdictOnSilence(step: number): Verdict {
  return verdictAfter(Array.from({ length: 240 }, () => ({ step, requests: 0, bad: 0 })))
}

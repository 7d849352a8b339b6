import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { WEIGHTS } from './release.ts'
import { ERRORS } from './scenarios.ts'
import { LOOK_SECONDS } from './traffic.ts'

/** Traffic that never changes: each look brings just what is expected, fractions of errors included. */
export interface Steady {
  readonly step: number
  readonly rps: number
  /** Shares of failed requests, 0–1. */
  readonly stable: number
  readonly canary: number
  readonly phi: number
}

/**
 * What verdicts on the way to a pass said was missing, over what was: one for each look. Undefined where a verdict named
 * no number. The pass comes somewhere within the last look, and any number within it is right.
 */
export function steadyForecasts(steady: Steady): (number | undefined)[] {
  const { step, rps, stable, canary, phi } = steady
  const course = { step, weights: WEIGHTS }
  const own = (rps * LOOK_SECONDS * (WEIGHTS[step] ?? 100)) / 100
  const total = { canary: own, stable: rps * LOOK_SECONDS - own }
  const bad = { canary: total.canary * canary, stable: total.stable * stable }
  const looks = { [ERRORS.name]: { strands: [{ reporter: 'Source' as const, total, cuts: [{ bad, phi }] }] } }
  const missing: (number | undefined)[] = []
  let evidence = initialEvidence([ERRORS], WEIGHTS.length)
  for (;;) {
    evidence = addLook(evidence, [ERRORS], looks, course)
    const { verdict, metrics } = judge(evidence, [ERRORS], { levels: DEFAULT_LEVELS, weights: WEIGHTS })
    if (verdict === 'Pass') break
    if (verdict !== 'Unsure' || missing.length > MOST_LOOKS)
      throw new Error(`a good canary does not pass: ${verdict}`)
    missing.push(metrics[0]?.missingRequests)
  }
  return missing.map((said, index) => {
    const [least, most] = [(missing.length - 1 - index) * own, (missing.length - index) * own]
    return said && (said < least ? said / least : said / Math.min(Math.max(said, least), most))
  })
}

const MOST_LOOKS = 100_000

import { quantile } from '../../statistics.ts'
import { forecasts } from '../simulation/experiments.ts'
import type { Size } from '../simulation/experiments.ts'
import { WEIGHTS } from '../simulation/release.ts'
import { BASE, ERRORS, errorsOf } from '../simulation/scenarios.ts'
import { steadyForecasts } from '../simulation/steady.ts'
import { median } from './part.ts'
import type { Part } from './part.ts'

/** A forecast may be wrong by this share, if rates hold. */
const GOAL = 0.3
const CASES = [10, 100].flatMap((rps) => [0, 1, 2].map((step) => ({ rps, step })))
/** Parts of the way at which verdicts are asked. */
const PARTS = [0.25, 0.5, 0.75] as const
const PHI = 1.1

/** What verdicts of good canaries say is missing, over what was. */
export function outlookPart(size: Size): Part {
  const found = CASES.map(({ rps, step }) => {
    const all = steadyForecasts({ step, rps, stable: BASE, canary: BASE, phi: PHI })
    // The last look's forecast is of a part of a look.
    const steady = PARTS.map((part) => all[Math.floor(part * all.length)])
    const chance = PARTS.map((part) =>
      forecasts({ measure: ERRORS, scenario: errorsOf(BASE, { rps }), step }, size, part),
    )
    return { rps, step, steady, chance }
  })
  const unnamed = found.flatMap(({ steady }) => steady).filter((ratio) => ratio === undefined).length
  return {
    tables: [
      {
        title:
          'Analysis: canary requests said to be missing until a pass, over those that were; asked at ¼, ½ and ¾ of the way',
        headings: ['TRAFFIC', 'STEP', 'RATES HOLD', 'GOAL', 'RANDOM, P50', 'P10 – P90', 'NO NUMBER'],
        rows: found.map(({ rps, step, steady, chance }) => [
          `${rps} rps`,
          `${WEIGHTS[step]} %`,
          steady.map((ratio) => ratio?.toFixed(2) ?? '-').join(' '),
          `0.70 – 1.30 ${steady.every(isKept) ? 'kept' : 'MISSED'}`,
          chance.map(({ ratios }) => median(ratios).toFixed(2)).join(' '),
          chance
            .map(({ ratios }) => `${quantile(ratios, 0.1).toFixed(1)} – ${quantile(ratios, 0.9).toFixed(1)}`)
            .join(', '),
          `${chance.reduce((sum, one) => sum + one.unnamed, 0)} of ${chance.reduce((sum, one) => sum + one.unnamed + one.ratios.length, 0)}`,
        ]),
        remarks: [
          'Rates hold: every look brings just what is expected. Random: few errors were seen when the verdict was asked, so rates seen are not those to come.',
        ],
      },
    ],
    figures: { outlooks: found.map(({ rps, step, steady }) => ({ rps, step, steady })) },
    wrong: unnamed > 0 ? ['a verdict on a good canary did not say how many requests are missing'] : [],
  }
}

function isKept(ratio: number | undefined): boolean {
  return ratio !== undefined && Math.abs(ratio - 1) <= GOAL
}

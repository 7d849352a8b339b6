import { describe, expect, test } from 'vitest'
import { initialEProcess, logE, updateEProcess } from '../../../src/core/analysis/eprocess.ts'
import type { Look } from '../../../src/core/analysis/eprocess.ts'
import { logSumExp } from '../../../src/core/analysis/logspace.ts'
import { distance, vectors } from './vectors.ts'

/** So many bets make up a distribution of them: more change nothing in the first eight digits. */
const BETS = 20_000

/** ln of what one look makes of a bet that the canary's share of all bad requests is `theta`. */
function logGrowth(look: Look, rho: number, theta: number): number {
  const ratio = ((theta / (1 - theta)) * look.nStable) / (rho * look.nCanary)
  const params = { rho, delta: 0, phi: 1, gamma: 0, grid: [ratio], weight: 1 }
  return logE(updateEProcess(initialEProcess(), look, params))
}

/**
 * The evidence of one look for bets on a share θ of the bad requests, which is θ₀ under the null hypothesis. The bets are
 * spread as Beta(a, b) above θ₀; in terms of θ = sin²φ, which has no poles.
 */
function mixture({ a, b, rho, ...look }: (typeof vectors.betaBinomial)[number]): number {
  const none = (rho * look.nCanary) / (look.nStable + rho * look.nCanary)
  const first = Math.asin(Math.sqrt(none))
  const width = (Math.PI / 2 - first) / BETS
  const bets = Array.from({ length: BETS }, (_, index) => {
    const phi = first + (index + 0.5) * width
    const logWeight = (2 * a - 1) * Math.log(Math.sin(phi)) + (2 * b - 1) * Math.log(Math.cos(phi))
    return { logWeight, log: logWeight + logGrowth(look, rho, Math.sin(phi) ** 2) }
  })
  return logSumExp(bets.map(({ log }) => log)) - logSumExp(bets.map(({ logWeight }) => logWeight))
}

describe('bets as those of the process, spread over a beta distribution', () => {
  test.each(vectors.betaBinomial)('agree with the vector $id', (one) => {
    expect(distance(mixture(one), one.logE)).toBeLessThanOrEqual(1)
  })
})

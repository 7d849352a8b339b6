/** Chosen once, so that a failure is there again at the next run. */
const SEED = 20_260_102

/**
 * How many cases of a property are tried, and which. PROPERTY_SEED and PROPERTY_CASES ask for others: to look further,
 * or to see the failure of a seed again.
 */
export function cases(count: number): { numRuns: number; seed: number } {
  return {
    numRuns: Number(process.env['PROPERTY_CASES'] ?? count),
    seed: Number(process.env['PROPERTY_SEED'] ?? SEED),
  }
}

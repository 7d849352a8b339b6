/**
 * Ready canary pods that a weight needs: ceil(w % × N), and never none.
 * @param weight percent of requests
 * @param stablePods N, ready pods of stable at the start of the release
 */
export function podsNeeded(weight: number, stablePods: number): number {
  return Math.max(1, Math.ceil((weight * stablePods) / 100))
}

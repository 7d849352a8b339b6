/** Somebody whose weights were put back, and how often in a row. */
export interface Contest {
  /** Name of the field manager. */
  readonly manager: string
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly lastAt: number
}

/** From this count on whoever it is gets named, and is answered more seldom. */
export const CONTESTED = 3
/** After so long without a write the count begins anew (milliseconds). */
const FORGOTTEN_MS = 3_600_000
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 300_000

/** The contest after a field manager's weights were put back once more. */
export function contestAfter(prior: Contest | undefined, manager: string, now: number): Contest {
  const goesOn = prior?.manager === manager && now - prior.lastAt < FORGOTTEN_MS
  return { manager, count: goesOn ? prior.count + 1 : 1, lastAt: now }
}

/**
 * Least time between two answers (milliseconds): writing against a tool that comes back by itself helps nobody, and costs
 * both sides.
 * @param usualMs the pause as long as there is no contest
 */
export function pauseOfContest(contest: Contest | undefined, usualMs: number): number {
  if (contest === undefined || contest.count < CONTESTED) return usualMs
  return Math.max(usualMs, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (contest.count - CONTESTED)))
}

/**
 * What is said of somebody who comes back again and again.
 * @param answered whether users get answers where the weights lead; else there is no time to lose
 */
export function contestedMessage({ manager, count }: Contest, remedy: string, answered = true): string {
  const answer = answered
    ? 'they are put back more seldom from now on, as long as users get answers meanwhile'
    : 'they are put back all the same, since nobody answers there'
  return `${manager} has moved the weights ${count} times; ${answer}.\n${remedy}`
}

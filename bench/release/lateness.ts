import type { LogLine } from '../kit/sluice-log.ts'

/**
 * How much later than an interval after the one before each look came, in milliseconds, from Sluice's log at level debug.
 * The first look of each step has none before it.
 * @param lines in order of time
 * @param intervalMs time between two looks
 */
export function lateness(lines: readonly LogLine[], intervalMs: number): number[] {
  const last = new Map<string, number>()
  const late: number[] = []
  for (const { message, rollout, seq, at } of lines) {
    if (message !== 'looked' || rollout === undefined) continue
    const key = `${rollout} ${seq}`
    const before = last.get(key)
    if (before !== undefined) late.push(Math.max(0, at - before - intervalMs))
    last.set(key, at)
  }
  return late
}

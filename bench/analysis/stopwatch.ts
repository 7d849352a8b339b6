import { distribution } from '../statistics.ts'
import type { Distribution } from '../statistics.ts'

/** Batches that are timed, after as many that only warm up. */
const BATCHES = 200
/** Batches of a size that are tried before it is taken for long enough. */
const TRIES = 5
/** A batch takes at least so long, so that the clock's own grain does not matter (microseconds). */
const BATCH_MICROSECONDS = 1000

/**
 * Microseconds of processor time of one call, collecting its garbage included, over batches: quantiles are those of
 * batches' means, since one call is too short to time.
 */
export function microsecondsOf(call: () => unknown): Distribution {
  const calls = callsInBatch(call)
  timeOf(call, calls * BATCHES)
  const times = Array.from({ length: BATCHES }, () => timeOf(call, calls) / calls)
  const spread = distribution(times)
  if (spread === undefined) throw new Error('nothing was timed')
  return spread
}

function callsInBatch(call: () => unknown): number {
  let calls = 1
  while (shortestOf(call, calls) < BATCH_MICROSECONDS) calls *= 2
  return calls
}

/** The first calls are slow, before they are compiled: a batch chosen by them would be too small to time. */
function shortestOf(call: () => unknown, calls: number): number {
  return Math.min(...Array.from({ length: TRIES }, () => timeOf(call, calls)))
}

/** Results are kept in sight, or the compiler might leave out what nobody uses. */
let sink: unknown

function timeOf(call: () => unknown, calls: number): number {
  const start = process.cpuUsage()
  for (let index = 0; index < calls; index++) sink = call()
  const { user, system } = process.cpuUsage(start)
  if (sink === undefined) throw new Error('the call gave nothing')
  return user + system
}

import { distribution } from '../statistics.ts'
import type { Distribution } from '../statistics.ts'

/** Batches that are timed, after as many that only warm up. */
const BATCHES = 200
/** A batch takes about so long, so that the clock's own grain does not matter (milliseconds). */
const BATCH_MS = 1

/** Microseconds of one call, over batches: quantiles are those of batches' means, since one call is too short to time. */
export function microsecondsOf(call: () => unknown): Distribution {
  const calls = callsInBatch(call)
  timeOf(call, calls * BATCHES)
  const times = Array.from({ length: BATCHES }, () => (timeOf(call, calls) / calls) * 1000)
  const spread = distribution(times)
  if (spread === undefined) throw new Error('nothing was timed')
  return spread
}

function callsInBatch(call: () => unknown): number {
  let calls = 1
  while (timeOf(call, calls) < BATCH_MS) calls *= 2
  return calls
}

/** Results are kept in sight, or the compiler might leave out what nobody uses. */
let sink: unknown

function timeOf(call: () => unknown, calls: number): number {
  const start = performance.now()
  for (let index = 0; index < calls; index++) sink = call()
  const elapsed = performance.now() - start
  if (sink === undefined) throw new Error('the call gave nothing')
  return elapsed
}

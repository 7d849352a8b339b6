const TICK_MS = 5
/** After a longer stall the missed requests count as not sent: sending them in one burst would be no steady load. */
const LONGEST_CATCH_UP_MS = 250

/** What `startPace` asks for. */
export interface Pace {
  ratePerSecond: number
  /** Called once for each request that is due. */
  send: () => void
  /** Called with the number of requests that were due in a stall of this process. */
  missed: (count: number) => void
}

/**
 * How many requests are due `elapsedMs` after the start, and how many of these are too late to be sent.
 * @param done requests sent or given up until now
 */
export function due(
  ratePerSecond: number,
  elapsedMs: number,
  done: number,
): { send: number; missed: number } {
  const owed = Math.max(0, Math.floor((elapsedMs * ratePerSecond) / 1000) - done)
  const send = Math.min(owed, Math.ceil((LONGEST_CATCH_UP_MS * ratePerSecond) / 1000))
  return { send, missed: owed - send }
}

/** Calls `send` at a steady rate, however long the answers take, until the function it returns is called. */
export function startPace({ ratePerSecond, send, missed }: Pace): () => void {
  const start = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const now = due(ratePerSecond, performance.now() - start, done)
    done += now.send + now.missed
    if (now.missed > 0) missed(now.missed)
    for (let i = 0; i < now.send; i++) send()
  }, TICK_MS)
  return () => clearInterval(timer)
}

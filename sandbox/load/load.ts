import { createClient } from './client.ts'
import type { Target } from './client.ts'
import { startPace } from './pace.ts'
import { Recorder } from './recorder.ts'
import type { LoadReport } from './report.ts'

/** What load to make. */
export interface LoadOptions {
  /** Base address of the gateway, such as `http://127.0.0.1:8080`. */
  url: string
  /** The Host header, such as `reviews.shop.svc.cluster.local`. */
  host: string
  /** Default `/`. */
  path?: string
  ratePerSecond: number
  /** Most requests open at once; what is due beyond that counts as `notSent`. Default: two seconds' worth, at least 64. */
  connections?: number
  /** Milliseconds without an answer after which a request is a client error. Default 10 000. */
  timeoutMs?: number
}

/** A load under way. */
export interface Load {
  snapshot(): LoadReport
  /** Sends nothing more, waits for the open requests, and reports. */
  stop(): Promise<LoadReport>
}

/**
 * Starts a steady load in this process. The rate does not fall when answers are slow.
 * For more than a few requests a second beside other work, take `startLoadProcess`.
 */
export function startLoad(options: LoadOptions): Load {
  const target = targetOf(options)
  const client = createClient(target)
  const recorder = new Recorder()
  const drained = Promise.withResolvers<void>()
  let stopping = false
  const finishIfDrained = () => stopping && recorder.ended === recorder.sent && drained.resolve()
  const send = () => {
    if (recorder.sent - recorder.ended >= target.connections) {
      recorder.notSent += 1
      return
    }
    recorder.sent += 1
    client.send((ending) => {
      recorder.add(ending)
      finishIfDrained()
    })
  }
  const missed = (count: number) => {
    recorder.notSent += count
  }
  const stopPace = startPace({ ratePerSecond: options.ratePerSecond, send, missed })
  const stop = async () => {
    stopPace()
    stopping = true
    finishIfDrained()
    await drained.promise
    client.close()
    return recorder.report()
  }
  return { snapshot: () => recorder.report(), stop }
}

function targetOf({
  url,
  host,
  path = '/',
  ratePerSecond,
  connections,
  timeoutMs = 10_000,
}: LoadOptions): Target {
  return {
    url,
    host,
    path,
    connections: connections ?? Math.max(64, Math.ceil(2 * ratePerSecond)),
    timeoutMs,
  }
}

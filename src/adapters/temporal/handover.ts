import { ApplicationFailure, CancelledFailure } from '@temporalio/client'
import type { ActivityInterceptors, ActivityInterceptorsFactory } from '@temporalio/worker'
import { setTimeout as delay } from 'node:timers/promises'

type Context = Parameters<ActivityInterceptorsFactory>[0]

/** How long an activity may take to notice that its worker stops (milliseconds): a request may hang for longer. */
const NOTICE_MS = 1_000
/** Time until another worker goes on (milliseconds), however often the activity was tried before. */
const AGAIN_AFTER_MS = 100

/**
 * Ends the activities of a worker that stops, so that another one goes on with them at once, from their last heartbeat.
 * What is still under way of one that does not notice in time is as harmless as after a crash.
 */
export function handOver(context: Context): ActivityInterceptors {
  return {
    inbound: {
      execute: async (input, next) => {
        try {
          return await Promise.race([next(input), noticed(context)])
        } catch (error) {
          if (!isStopping(context)) throw error
          throw ApplicationFailure.create({
            message: 'the worker stops',
            type: 'WorkerShutdown',
            nextRetryDelay: AGAIN_AFTER_MS,
            category: 'BENIGN',
          })
        }
      },
    },
  }
}

/** Never resolves; rejects some time after the worker was told to stop. */
async function noticed(context: Context): Promise<never> {
  try {
    return await context.cancelled
  } catch (error) {
    if (isStopping(context)) await delay(NOTICE_MS, undefined, { ref: false })
    // Whoever cancels for another reason waits for nothing.
    else await new Promise(() => undefined)
    throw error
  }
}

/** The SDK tells the reason as the text of the failure. */
function isStopping({ cancellationSignal: { reason } }: Context): boolean {
  return reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN'
}

import { createRequire } from 'node:module'
import { Worker, bundleWorkflowCode } from '@temporalio/worker'
import type { NativeConnection, WorkflowBundle } from '@temporalio/worker'
import { ACTING_QUEUE, OBSERVING_QUEUE } from '../../api/names.ts'
import { handOver } from './handover.ts'

/** Observers wait most of their time; what acts is short. */
const OBSERVERS = 6_000
const ACTORS = 100
/** A cached workflow costs 0.3 MB; one that observes or waits needs no cache entry. */
const CACHED_WORKFLOWS = 500
/** What acts is short: a worker that stops gives it this long to end. Observers hand over at once. */
const GRACE = '5s'

/** The workers of one process. */
export interface Workers {
  readonly acting: Worker
  readonly observing: Worker
}

/** Bundles the workflow code; takes some seconds. */
export async function workflowBundle(): Promise<WorkflowBundle> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const workflowsPath = createRequire(import.meta.url).resolve(`../../workflows/index.${extension}`)
  return bundleWorkflowCode({ workflowsPath, logger: quiet })
}

/** What the workers run. */
export interface Work {
  readonly bundle: WorkflowBundle
  /** Activities of the acting queue, by name. */
  readonly acting: object
  /** Activities of the observing queue, by name. */
  readonly observing: object
}

/** Two workers, so that what acts never waits behind observers. */
export async function createWorkers(
  connection: NativeConnection,
  namespace: string,
  work: Work,
): Promise<Workers> {
  const common = { connection, namespace, interceptors: { activity: [handOver] } }
  const acting = await Worker.create({
    ...common,
    taskQueue: ACTING_QUEUE,
    shutdownGraceTime: GRACE,
    workflowBundle: work.bundle,
    activities: work.acting,
    maxCachedWorkflows: CACHED_WORKFLOWS,
    maxConcurrentActivityTaskExecutions: ACTORS,
  })
  const observing = await Worker.create({
    ...common,
    taskQueue: OBSERVING_QUEUE,
    activities: work.observing,
    maxConcurrentActivityTaskExecutions: OBSERVERS,
  })
  return { acting, observing }
}

const quiet = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

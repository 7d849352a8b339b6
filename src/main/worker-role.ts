import type { Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { setTimeout as delay } from 'node:timers/promises'
import { sweepActivities } from '../activities/faults/sweep.ts'
import type { SweepPorts } from '../activities/faults/sweep.ts'
import { actingActivities, observingActivities } from '../activities/index.ts'
import { logThrough } from '../adapters/temporal/logging.ts'
import { workerConnection } from '../adapters/temporal/connection.ts'
import type { TemporalAddress } from '../adapters/temporal/connection.ts'
import { createWorkers, workflowBundle } from '../adapters/temporal/workers.ts'
import { readableError } from '../adapters/temporal/errors.ts'
import type { SweepPolicy } from '../core/faults/sweep.ts'
import type { Ports } from '../ports.ts'

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 10_000

/** What the activities need. */
interface WorkerNeeds {
  readonly ports: Ports & SweepPorts
  readonly sweepPolicy: SweepPolicy
}

/** Runs the Temporal workers; begins anew when they fail, and waits while Temporal is away. */
export class WorkerRole {
  readonly #temporal: TemporalAddress
  readonly #needs: WorkerNeeds
  readonly #log: Logger
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #workers: readonly Worker[] = []
  /** Why the workers ended last; empty while they work. */
  #problem = ''

  constructor(temporal: TemporalAddress, needs: WorkerNeeds, log: Logger) {
    this.#temporal = temporal
    this.#needs = needs
    this.#log = log
    logThrough(log)
    this.#ended = this.#live()
  }

  unready(): readonly string[] {
    const running =
      this.#workers.length > 0 && this.#workers.every((worker) => worker.getState() === 'RUNNING')
    if (running) return []
    const why = this.#problem === '' ? '' : `: ${this.#problem}`
    return [`the worker is not connected to Temporal at ${this.#temporal.address}${why}`]
  }

  /** Observers hand over at once: their heartbeats carry all that they know. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#shutDown()
    await this.#ended
  }

  #shutDown(): void {
    for (const worker of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopping
    const bundle = await workflowBundle()
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_RETRY_MS)) {
      const beganAt = Date.now()
      try {
        await this.#work(bundle)
      } catch (error) {
        this.#log.error({ err: this.#noted(error) }, 'the worker failed, beginning anew')
        if (Date.now() - beganAt > LONGEST_RETRY_MS) wait = FIRST_RETRY_MS
        await delay(wait, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async #work(bundle: Awaited<ReturnType<typeof workflowBundle>>): Promise<void> {
    const { signal } = this.#stopping
    const { ports, sweepPolicy } = this.#needs
    const connection = await workerConnection(this.#temporal, (error) => this.#tellUnreachable(error), signal)
    if (connection === undefined) return
    try {
      const { acting, observing } = await createWorkers(connection.native, this.#temporal.namespace, {
        bundle,
        acting: { ...actingActivities(ports), ...sweepActivities(ports, sweepPolicy) },
        observing: observingActivities(ports),
      })
      this.#workers = [acting, observing]
      this.#problem = ''
      await this.#runAll()
    } finally {
      this.#workers = []
      await connection.close()
    }
  }

  #tellUnreachable(error: unknown): void {
    const { address } = this.#temporal
    this.#log.warn({ address, err: this.#noted(error) }, 'Temporal does not answer, trying again')
  }

  #noted(error: unknown): Error {
    const err = readableError(error, this.#temporal.namespace)
    this.#problem = err.message
    return err
  }

  /** When one ends, all end: the connection can only be closed behind the last. Throws what the first one failed of. */
  async #runAll(): Promise<void> {
    const runs = this.#workers.map(async (worker) => worker.run().finally(() => this.#shutDown()))
    // It may have been too early for stop() to end them.
    if (this.#stopping.signal.aborted) this.#shutDown()
    await Promise.allSettled(runs)
    await Promise.all(runs)
  }
}

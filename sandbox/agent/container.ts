import { setTimeout as sleep } from 'node:timers/promises'
import type { V1ContainerStateTerminated } from '@kubernetes/client-node'
import { aborted } from './aborted.ts'
import type { AppProcess } from './app-process.ts'
import type { PodPlan } from './pod-plan.ts'
import { CREATING, restartDelay } from './pod-status.ts'
import type { ContainerView } from './pod-status.ts'
import { watchReadiness } from './readiness.ts'

/** What a container needs to run. */
export interface ContainerOptions {
  plan: PodPlan
  port: number
  /** Restarts counted by an agent before this one. */
  restarts: number
  /** Starts the process; a rejection counts as a crash. */
  start: () => Promise<AppProcess>
  /** Told of each change of state or readiness. */
  onChange: (view: ContainerView) => void
}

/** Keeps the process of a pod running and watches its readiness. */
export class Container {
  readonly #options: ContainerOptions
  #view: ContainerView

  constructor(options: ContainerOptions) {
    this.#options = options
    this.#view = { ...CREATING, restarts: options.restarts }
  }

  /** Runs until the signal aborts, and leaves the process running then: its endpoint has to go before it does. */
  async run(signal: AbortSignal): Promise<void> {
    const over = aborted(signal)
    let delay = 0
    while (!signal.aborted) {
      const begin = performance.now()
      const end = await this.#runOnce(signal, over)
      if (!end) return
      delay = restartDelay(delay, performance.now() - begin)
      this.#backOff(end, delay)
      await Promise.race([sleep(delay, undefined, { ref: false }), over])
      this.#view = { ...this.#view, restarts: this.#view.restarts + 1 }
    }
  }

  /** One run of the process; undefined when it was not the process that ended it. */
  async #runOnce(
    signal: AbortSignal,
    aborting: Promise<undefined>,
  ): Promise<V1ContainerStateTerminated | undefined> {
    const { plan, port, start } = this.#options
    const over = new AbortController()
    try {
      const app = await start()
      this.#change({ state: { running: { startedAt: app.startedAt } }, ready: false })
      const probing = AbortSignal.any([over.signal, signal])
      void watchReadiness(plan.probe, port, probing, (ready) => this.#change({ ready }))
      return await Promise.race([app.ended, aborting])
    } catch (error) {
      return { exitCode: 128, reason: 'StartError', message: String(error) }
    } finally {
      over.abort()
    }
  }

  #backOff(last: V1ContainerStateTerminated, delay: number): void {
    const message = `back-off ${delay / 1000}s restarting failed container ${this.#options.plan.container}`
    this.#change({ state: { waiting: { reason: 'CrashLoopBackOff', message } }, ready: false, last })
  }

  #change(change: Partial<ContainerView>): void {
    this.#view = { ...this.#view, ...change }
    this.#options.onChange(this.#view)
  }
}

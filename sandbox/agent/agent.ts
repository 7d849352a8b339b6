import type { V1Pod } from '@kubernetes/client-node'
import type { AgentContext } from './context.ts'
import { NODE_NAME } from './node-name.ts'
import { podKey } from './pod-key.ts'
import { PodRunner } from './pod-runner.ts'

/** Gives each pod of the cluster a runner. */
export class Agent {
  readonly #context: AgentContext
  readonly #runners = new Map<string, PodRunner>()
  /** By name: a pod that takes the name of a former one begins when nothing is left of that one. */
  readonly #ends = new Map<string, Promise<void>>()

  constructor(context: AgentContext) {
    this.#context = context
  }

  /** Takes note of a new or changed pod. */
  changed(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? ''
    if (!this.#runners.has(uid) && isOurs(pod)) this.#runners.set(uid, this.#start(pod))
    this.#runners.get(uid)?.update(pod)
  }

  /** Takes note that a pod is gone. */
  gone(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? ''
    const runner = this.#runners.get(uid)
    runner?.removed()
    void runner?.done.then(() => this.#runners.delete(uid))
  }

  /** Lets go of all pods; their processes are for the caller to end. */
  abandon(): void {
    for (const runner of this.#runners.values()) runner.abandon()
  }

  #start(pod: V1Pod): PodRunner {
    const key = podKey(pod)
    const runner = new PodRunner(pod, this.#context, this.#ends.get(key) ?? Promise.resolve())
    this.#ends.set(key, runner.done)
    void runner.done.finally(() => {
      if (this.#ends.get(key) === runner.done) this.#ends.delete(key)
    })
    return runner
  }
}

/** Whether the pod is bound to the sandbox's node, or is to be: pods of other nodes and schedulers are not touched. */
export function isOurs({ metadata, spec }: V1Pod): boolean {
  if (spec?.nodeName) return spec.nodeName === NODE_NAME
  return !metadata?.deletionTimestamp && (spec?.schedulerName ?? 'default-scheduler') === 'default-scheduler'
}

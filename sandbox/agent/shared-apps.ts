import { once } from 'node:events'
import type { V1ContainerStateTerminated } from '@kubernetes/client-node'
import { behaviourOf } from '../demo-app/behaviour.ts'
import { createDemoServer } from '../demo-app/server.ts'
import type { AppProcess } from './app-process.ts'

/**
 * Demo apps in the agent's own process. A pod costs a listening socket then instead of a process, so that one machine can
 * run thousands; its app can't crash alone, and what it uses can't be told from the others.
 */
export class SharedApps {
  readonly #stops = new Map<string, () => Promise<void>>()

  /**
   * Starts the app of a pod; resolves when it listens.
   * @throws SettingsError when its environment is unusable, or the operating system's error when it can't listen
   */
  async start(podKey: string, env: Readonly<Record<string, string>>): Promise<AppProcess> {
    const behaviour = behaviourOf(env)
    const { server, drain } = createDemoServer(behaviour)
    server.listen(behaviour().PORT, '127.0.0.1')
    await once(server, 'listening')
    const startedAt = new Date()
    const ended = new Promise<V1ContainerStateTerminated>((resolve) => {
      this.#stops.set(podKey, async () => {
        await drain()
        resolve({ exitCode: 0, reason: 'Completed', startedAt, finishedAt: new Date() })
      })
    })
    return { startedAt, ended }
  }

  /** Ends the app of a pod, if it has one here, when it has answered what is open. */
  async stop(podKey: string): Promise<void> {
    const stop = this.#stops.get(podKey)
    this.#stops.delete(podKey)
    await stop?.()
  }
}

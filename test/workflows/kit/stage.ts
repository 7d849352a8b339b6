import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Context } from '@temporalio/activity'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { temporalEngine } from '../../../src/adapters/temporal/engine.ts'
import { createWorkers } from '../../../src/adapters/temporal/workers.ts'
import type { Workers } from '../../../src/adapters/temporal/workers.ts'
import type { Wanted } from '../../../src/core/machine/state.ts'
import { ACTING, OBSERVING } from './call.ts'
import type { ActionName, Call } from './call.ts'
import { quiet } from './quiet.ts'
import { Release } from './release.ts'
import type { Temporal } from './server.ts'

type ScriptedActivity = (state: Call['state']) => Promise<unknown>

/** A Temporal namespace of its own, with workers whose activities ask scripts what happens. */
export class Stage {
  readonly client: Client
  readonly connection: NativeConnection
  readonly bundle: { readonly code: string }
  readonly #over = new AbortController()
  readonly #releases = new Map<string, Release>()
  readonly #crews = new Set<Crew>()

  private constructor(client: Client, connection: NativeConnection, code: string) {
    this.client = client
    this.connection = connection
    this.bundle = { code }
  }

  static async open({ address, bundle }: Temporal): Promise<Stage> {
    quiet()
    const connection = await Connection.connect({ address })
    const namespace = `stage-${randomUUID()}`
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 } as never,
    })
    const client = new Client({ connection, namespace })
    return new Stage(client, await NativeConnection.connect({ address }), readFileSync(bundle, 'utf8'))
  }

  get namespace(): string {
    return this.client.options.namespace
  }

  /** A Rollout that nobody has told Temporal of yet. */
  release(wanted: Partial<Wanted> = {}, rollout = this.#nextRollout()): Release {
    const release = new Release(
      rollout,
      { client: this.client, engine: temporalEngine(this.client, 'test') },
      wanted,
    )
    this.#releases.set(release.workflowId, release)
    return release
  }

  /** Workers as in production; `adapt` changes them before they run. */
  async work(create: (stage: Stage) => Promise<Workers> = productionWorkers): Promise<Crew> {
    const crew = new Crew(await create(this))
    this.#crews.add(crew)
    return crew
  }

  /** The scripted activities of a queue, by name. */
  activities(names: readonly ActionName[]): Record<string, ScriptedActivity> {
    return Object.fromEntries(names.map((name) => [name, async (state) => this.#perform(name, state)]))
  }

  /** Ends whatever scripts still wait for. */
  async close(): Promise<void> {
    this.#over.abort(new Error('the test is over'))
    await Promise.all([...this.#crews].map(async (crew) => crew.stop()))
    await this.connection.close()
    await this.client.connection.close()
  }

  #nextRollout(): Release['rollout'] {
    const name = `reviews-${this.#releases.size + 1}`
    return { namespace: 'shop', name, uid: `uid-${name}` }
  }

  async #perform(action: ActionName, state: Call['state']): Promise<unknown> {
    const { info, cancellationSignal, heartbeat } = Context.current()
    const { workflowId = '', runId = '' } = info.workflowExecution ?? {}
    const release = this.#releases.get(workflowId)
    if (release === undefined) throw new Error(`there is no script for ${workflowId}`)
    const over = this.#over.signal
    return release.answer({
      action,
      state,
      runId,
      attempt: info.attempt,
      remembered: info.heartbeatDetails,
      heartbeat,
      signal: AbortSignal.any([cancellationSignal, over]),
      over,
    })
  }
}

async function productionWorkers(stage: Stage): Promise<Workers> {
  return createWorkers(stage.connection, stage.namespace, {
    bundle: stage.bundle,
    acting: stage.activities(ACTING),
    observing: stage.activities(OBSERVING),
  })
}

/** Workers that run. */
export class Crew {
  readonly #workers: Workers
  readonly #ended: Promise<unknown>

  constructor(workers: Workers) {
    this.#workers = workers
    this.#ended = Promise.all([workers.acting.run(), workers.observing.run()])
  }

  /** Ends as `sluice run` does; its activities go to other workers. Resolves when all of them have ended. */
  async stop(): Promise<void> {
    for (const worker of [this.#workers.acting, this.#workers.observing])
      if (worker.getState() === 'RUNNING') worker.shutdown()
    await this.#ended
  }
}

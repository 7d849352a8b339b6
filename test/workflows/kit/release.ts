import type { Client, WorkflowHandle } from '@temporalio/client'
import { temporalArchive } from '../../../src/adapters/temporal/archive.ts'
import { workflowId } from '../../../src/api/names.ts'
import { until } from '../../../sandbox/until.ts'
import type { Phase, ReleaseState, Wanted } from '../../../src/core/machine/state.ts'
import type { Engine } from '../../../src/ports.ts'
import type { KeptRelease } from '../../../src/ports-views.ts'
import { PATIENCE_MS, Script } from './script.ts'

/** A Rollout with its workflow: the test plays the user, the controller and the cluster. */
export class Release extends Script {
  readonly rollout: ReleaseState['rollout']
  readonly workflowId: string
  readonly #client: Client
  readonly #engine: Engine

  constructor(
    rollout: ReleaseState['rollout'],
    temporal: { readonly client: Client; readonly engine: Engine },
    wanted: Partial<Wanted>,
  ) {
    super({ uid: rollout.uid, ...wanted })
    this.rollout = rollout
    this.workflowId = workflowId('test', rollout)
    this.#client = temporal.client
    this.#engine = temporal.engine
  }

  /** The Rollout changes, and the controller tells Temporal. */
  async want(changes: Partial<Wanted> = {}): Promise<void> {
    this.wanted = { ...this.wanted, ...changes }
    await this.#engine.deliver(this.rollout, this.wanted)
  }

  /** The workflow's latest run, or a certain one. */
  handle(runId?: string): WorkflowHandle {
    return this.#client.workflow.getHandle(this.workflowId, runId)
  }

  /** What the workflow says that it is doing. */
  async state(): Promise<ReleaseState> {
    return this.handle().query<ReleaseState>('state')
  }

  /** Resolves when the workflow is in the phase. Throws when it does not come there. */
  async reaches(phase: Phase): Promise<void> {
    await until(async () => {
      const { phase: now } = await this.state()
      if (now !== phase) throw new Error(`the release is ${now}, not ${phase}`)
    }, PATIENCE_MS)
  }

  /** The state at the end of the workflow, of its last run if it continued as new. */
  async ended(): Promise<ReleaseState> {
    await this.handle().result()
    return this.state()
  }

  /** What Temporal keeps of it, and of those before it; newest first. */
  async kept(): Promise<KeptRelease[]> {
    const kept: KeptRelease[] = []
    for await (const release of temporalArchive(this.#client).releases(this.workflowId)) kept.push(release)
    return kept
  }

  /** Ids of all runs that called an activity, in order. */
  runs(): string[] {
    return [...new Set(this.calls.map((call) => call.runId))]
  }
}

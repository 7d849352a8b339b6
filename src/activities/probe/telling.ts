import type { FaultStatus } from '../../api/v1alpha1/status.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import { doesOf } from '../../core/faults/found.ts'
import { tellingOf } from '../../core/faults/judging.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import { hostOf, metBy } from '../../core/faults/whose.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import { isoTime } from '../../core/machine/moves.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { writeStatus } from '../perform.ts'
import type { ProbeMemory } from './memory.ts'

/** Besides transitions the status is written at most this often (milliseconds). */
const STATUS_EVERY_MS = 30_000

/** Tells people where a probe stands, in status and events. */
export class ProbeTelling {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #fault: PlannedFault
  #writtenAt: number
  #written = ''

  constructor(ports: Ports, state: ReleaseState, fault: PlannedFault) {
    this.#ports = ports
    this.#state = state
    this.#fault = fault
    this.#writtenAt = ports.clock.now()
  }

  /** Something has to end before the fault can be injected. */
  async waits(why: string): Promise<void> {
    await this.#write({ state: 'Waiting', message: why }, `waits for ${why}`)
  }

  /** The fault stands. */
  async injected(expiresAt: number): Promise<void> {
    const { rollout, version, seq } = this.#state
    const who = `${metBy(this.#fault, version)} to ${hostOf(this.#fault, this.#state)}`
    const does = doesOf(this.#fault)
    const message = `fault probe ${this.#fault.name}: ${who} meet ${does} until ${isoTime(expiresAt)} at the latest`
    await this.#ports.store.record(rollout, { type: 'Normal', reason: 'FaultInjected', message, seq })
    const expires = { expiresAt: isoTime(expiresAt) }
    await this.#write({ state: 'Injected', ...expires }, `${who} meet ${does}`)
  }

  /** The fault is gone. */
  async recovers(): Promise<void> {
    await this.#write({ state: 'Recovering' }, 'the fault is gone; looking whether it recovers')
  }

  /** Metrics were read. */
  async looked(judgement: Judgement, { stage, met, injected }: ProbeMemory): Promise<void> {
    if (this.#ports.clock.now() - this.#writtenAt < STATUS_EVERY_MS) return
    const counted = stage === 'Fault' ? `${Math.round(met)} requests met the fault; ` : ''
    const expires = stage === 'Fault' && injected ? { expiresAt: isoTime(injected.expiresAt) } : {}
    this.#written = ''
    await this.#write({ state: STATES[stage], ...expires }, counted + tellingOf(judgement))
  }

  async #write(told: Omit<FaultStatus, 'name' | 'host'>, sentence: string): Promise<void> {
    const { name } = this.#fault
    const host = hostOf(this.#fault, this.#state)
    const message = `${desiredWeight(this.#state)} %: fault probe ${name}: ${sentence}`
    if (message === this.#written) return
    await writeStatus(this.#ports, this.#state, { message, fault: { name, host, ...told } })
    this.#writtenAt = this.#ports.clock.now()
    this.#written = message
  }
}

const STATES = { Baseline: 'Baseline', Fault: 'Injected', Recovery: 'Recovering' } as const

import { Context } from '@temporalio/activity'
import { durationText } from '../../api/quantities.ts'
import { recoveryOf, tellingOf } from '../../core/faults/judging.ts'
import { recordOf } from '../../core/faults/of-release.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ProbeVerdict } from '../../core/faults/progress.ts'
import { faultsOf } from '../../core/faults/record.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import { hostOf, metBy, notPermitted, scopeOf } from '../../core/faults/whose.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import type { MeshRef, Ports } from '../../ports.ts'
import { isPaused } from '../context.ts'
import { clearReleaseFaults } from '../faults/release-faults.ts'
import { answerAlarm, answerFail, lowerAtOnce } from '../observe/answers.ts'
import { guard } from '../observe/guard.ts'
import type { Outcome } from '../perform.ts'
import { inject } from './inject.ts'
import type { Injection, Standing } from './inject.ts'
import { injectManaged } from './inject-managed.ts'
import { meetsOf } from './meets.ts'
import { initialProbe, nothingGathered } from './memory.ts'
import type { ProbeMemory } from './memory.ts'
import { OwnLimits } from './own-limits.ts'
import { ProberSight } from './prober-sight.ts'
import { ProbeSight } from './sight.ts'
import type { Sight } from './sight.ts'
import { ProbeTelling } from './telling.ts'

/** Longest time between two passes (milliseconds). */
const PASS_MS = 1000
/** Looks are no further apart than this (milliseconds), whatever the interval of the analysis: a fault is short. */
const LOOK_MS = 5000

/** Never told: a finding comes before the recovery. */
const NOTHING_FOUND = { verdict: 'Inconclusive', message: 'nothing was found' } as const

/** The watch over one fault probe: before the fault, under it, and until the canary has recovered from it. */
export class ProbeWatch {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #fault: PlannedFault
  readonly #sight: Sight
  readonly #own: OwnLimits | undefined
  readonly #telling: ProbeTelling
  #memory: ProbeMemory
  #nextLookAt = 0
  #nextOwnAt = 0

  /** @param recalled what the last heartbeat of an earlier attempt carried */
  constructor(ports: Ports, state: ReleaseState, given: { fault: PlannedFault; recalled: unknown }) {
    this.#ports = ports
    this.#state = state
    this.#fault = given.fault
    const isProber = scopeOf(given.fault) === 'Canary'
    this.#sight = new (isProber ? ProberSight : ProbeSight)(ports, state, given.fault)
    this.#own = isProber ? new OwnLimits(ports, state, given.fault) : undefined
    this.#telling = new ProbeTelling(ports, state, given.fault)
    this.#memory = (given.recalled as ProbeMemory | undefined) ?? initialProbe(this.#sight.state, this.#now())
  }

  get memory(): ProbeMemory {
    return this.#memory
  }

  /** Time until the next pass (milliseconds), if nothing changes before. */
  pauseMs(): number {
    const next = Math.min(this.#nextLookAt, this.#memory.injected?.expiresAt ?? Infinity)
    return Math.min(PASS_MS, Math.max(1, next - this.#now()))
  }

  /** Something is wrong that no metric needs to tell: the probe ends with it. */
  async guard(): Promise<Outcome | undefined> {
    const alarm = await guard(this.#ports, this.#state)
    if (alarm === undefined) return this.#guardOwn()
    const outcome = await answerAlarm(this.#ports, this.#state, { alarm, gathered: this.#memory })
    await this.#tryToRemove()
    return outcome
  }

  /** Nothing of it goes on. */
  close(): void {
    this.#sight.close()
  }

  /** One pass: reads what is due, and does what follows. */
  async pass(): Promise<Outcome | undefined> {
    const why = await this.#sight.ready(this.#memory.token ?? '', this.#stageEndsAt())
    if (why !== undefined) return this.#unseen(why)
    switch (this.#memory.stage) {
      case 'Baseline':
        return this.#baseline()
      case 'Fault':
        return this.#memory.injected === undefined ? this.#inject() : this.#underFault(this.#memory.injected)
      case 'Recovery':
        return this.#recovery()
    }
  }

  /** Where a prober tells how the canary bears the fault, its own limits hold for users all the same. */
  async #guardOwn(): Promise<Outcome | undefined> {
    const now = this.#now()
    if (this.#own === undefined || now < this.#nextOwnAt) return undefined
    this.#nextOwnAt = now + Math.min(LOOK_MS, this.#state.plan.intervalMs)
    const { own, judgement } = await this.#own.look(this.#memory.own, now)
    this.#memory = { ...this.#memory, own }
    if (judgement.verdict !== 'Fail') return undefined
    const end = { judgement, completeAt: now, gathered: this.#memory }
    const outcome = await answerFail(this.#ports, this.#own.state, end)
    await this.#tryToRemove()
    return outcome
  }

  async #unseen(why: string): Promise<Outcome> {
    await this.#tryToRemove()
    return this.#ended('Inconclusive', why)
  }

  /** Undefined: nobody knows yet. */
  #stageEndsAt(): number | undefined {
    const { stage, since, injected, removedAt = since } = this.#memory
    if (stage === 'Baseline') return since + this.#baselineMs()
    return stage === 'Fault' ? injected?.expiresAt : removedAt + this.#fault.recoveryMs
  }

  /** Longest time without the fault. */
  #baselineMs(): number {
    return Math.max(this.#fault.durationMs, this.#state.plan.warmupMs)
  }

  /** Without the fault the canary has to do well: else the fault would be blamed for what is not its doing. */
  async #baseline(): Promise<Outcome | undefined> {
    if (!this.#isLookDue()) return undefined
    const judgement = await this.#look(this.#now())
    if (judgement.verdict === 'Fail') return this.#failedBefore(judgement)
    const isLong = this.#now() - this.#memory.since >= this.#baselineMs()
    if (judgement.verdict !== 'Pass' && !isLong) return undefined
    if (judgement.verdict === 'NoData' || judgement.verdict === 'ProviderError')
      return this.#ended('Inconclusive', `nothing was seen before the fault: ${tellingOf(judgement)}`)
    if (isPaused(this.#ports, this.#state)) return undefined
    this.#enter('Fault')
    return this.#inject()
  }

  async #failedBefore(judgement: Judgement): Promise<Outcome> {
    // What the prober sends is no fault of the canary: most of it goes to stable, and its URL may be wrong.
    if (this.#own !== undefined) {
      const problem = this.#sight.problem === undefined ? '' : ` (${this.#sight.problem})`
      const message = `requests of the prober fail without the fault, too: ${tellingOf(judgement)}${problem}`
      return this.#ended('Inconclusive', message)
    }
    const completeAt = this.#now()
    return answerFail(this.#ports, this.#sight.state, { judgement, completeAt, gathered: this.#memory })
  }

  async #inject(): Promise<Outcome | undefined> {
    const record = this.#record()
    if (record === undefined)
      return this.#ended('Inconclusive', 'the Service is gone, so nobody knows the canary’s pods')
    const injection = await this.#write(record)
    if (injection.kind === 'Impossible') return this.#ended('Inconclusive', injection.why)
    if (injection.kind === 'Waits') {
      await this.#telling.waits(injection.why)
      return undefined
    }
    const { kind: _kind, token = this.#memory.token, ...injected } = injection
    this.#memory = { ...this.#memory, injected, ...(token !== undefined && { token }) }
    Context.current().heartbeat(this.#memory)
    await this.#telling.injected(record, injected.expiresAt)
    return undefined
  }

  /** A fault of a dependency goes where its callers are routed, one of the service into the routes of the release. */
  async #write(record: FaultRecord): Promise<Injection> {
    if (scopeOf(this.#fault) === 'Dependency')
      return inject(this.#ports, record, this.#state.rollout.namespace)
    const why = notPermitted(this.#fault, this.#ports.limits.faultMaxPercent)
    if (why !== undefined) return { kind: 'Impossible', why }
    return injectManaged(this.#ports, this.#state, record)
  }

  #record(): FaultRecord | undefined {
    const meets = meetsOf(this.#ports, this.#state, this.#fault, this.#memory.token ?? '')
    return meets && recordOf(this.#state, this.#fault, { meets, now: this.#now() })
  }

  async #underFault(injected: Standing): Promise<Outcome | undefined> {
    const isOver = this.#now() >= injected.expiresAt || !(await this.#stands(injected))
    if (!isOver && !this.#isLookDue()) return undefined
    const judgement = await this.#lookUnder(injected)
    if (judgement?.verdict === 'Fail') return this.#failed(judgement)
    return isOver ? this.#decide(injected, judgement) : undefined
  }

  /** Only what comes after the first request that met the fault says how the canary bears it. */
  async #lookUnder({ expiresAt }: Standing): Promise<Judgement | undefined> {
    const upTo = Math.min(this.#now(), expiresAt)
    const arrivals = await this.#sight.arrivals(this.#memory, upTo)
    if (arrivals !== undefined) {
      const { arrivedAt = arrivals.firstAt } = this.#memory
      if (this.#memory.arrivedAt === undefined && arrivedAt !== undefined)
        this.#memory = { ...this.#memory, arrivedAt, ...nothingGathered(this.#sight.state, arrivedAt) }
      this.#memory = { ...this.#memory, met: Math.max(this.#memory.met, arrivals.met) }
    }
    return this.#memory.arrivedAt === undefined ? undefined : this.#look(upTo)
  }

  /** The fault is over, and the canary has not failed under it. */
  async #decide({ at, expiresAt }: Standing, judgement: Judgement | undefined): Promise<Outcome | undefined> {
    const lasted = durationText(Math.min(this.#now(), expiresAt) - at)
    const who = metBy(this.#fault, this.#state.version)
    if (judgement === undefined)
      return this.#found('Inconclusive', `no ${who} were seen to meet the fault within ${lasted}`)
    const met = `${Math.round(this.#memory.met)} ${who} met the fault within ${lasted}`
    if (judgement.verdict === 'Pass') return this.#found('Pass', `${met}; ${tellingOf(judgement)}`)
    return this.#found('Inconclusive', `${met}, which is too little to tell: ${tellingOf(judgement)}`)
  }

  /** Weight first, where the canary has to go for it: that waits for nothing. */
  async #failed(judgement: Judgement): Promise<Outcome | undefined> {
    const message = `${Math.round(this.#memory.met)} ${metBy(this.#fault, this.#state.version)} met the fault, and ${tellingOf(judgement)}`
    if (!this.#fault.required) return this.#found('Fail', message)
    const completeAt = this.#now()
    await lowerAtOnce(this.#ports, this.#state, { gathered: this.#memory, completeAt })
    await this.#tryToRemove()
    return this.#ended('Fail', message)
  }

  /** The fault is taken out, and the canary watched until it is within its limits again. */
  async #found(verdict: ProbeVerdict, message: string): Promise<Outcome | undefined> {
    if (!(await this.#tryToRemove())) return undefined
    const removedAt = this.#now()
    this.#memory = { ...this.#memory, finding: { verdict, message }, removedAt }
    if (this.#memory.arrivedAt === undefined) return this.#ended(verdict, message)
    this.#enter('Recovery', nothingGathered(this.#sight.state, removedAt))
    await this.#telling.recovers()
    return undefined
  }

  /** What is bad right after the fault is not held against the canary, until `recovery` is over. */
  async #recovery(): Promise<Outcome | undefined> {
    if (!this.#isLookDue()) return undefined
    const { removedAt = this.#now(), finding = NOTHING_FOUND } = this.#memory
    const judgement = await this.#look(this.#now())
    const pastMs = this.#now() - removedAt
    switch (recoveryOf(judgement, this.#sight.isWithin(judgement), pastMs >= this.#fault.recoveryMs)) {
      case 'Recovered':
        return this.#ended(finding.verdict, `${finding.message}; recovered ${durationText(pastMs)} after it`)
      case 'Untold':
        return this.#ended(finding.verdict, finding.message)
      case 'NotRecovered':
        return this.#notRecovered(judgement)
      case 'Outside':
        this.#memory = { ...this.#memory, ...nothingGathered(this.#sight.state, this.#memory.countedTo) }
        return undefined
      case 'Waiting':
        return undefined
    }
  }

  async #notRecovered(judgement: Judgement): Promise<Outcome> {
    const within = durationText(this.#fault.recoveryMs)
    const message = `${this.#state.version} did not recover from the fault within ${within}: ${tellingOf(judgement)}`
    if (this.#fault.required)
      await lowerAtOnce(this.#ports, this.#state, { gathered: this.#memory, completeAt: this.#now() })
    return this.#ended('Fail', message)
  }

  #ended(verdict: ProbeVerdict, message: string): Outcome {
    const at = this.#now()
    const result = { name: this.#fault.name, host: hostOf(this.#fault, this.#state), verdict, message }
    return { event: { type: 'Probed', seq: this.#state.seq, at, result, countedTo: at } }
  }

  #isLookDue(): boolean {
    return this.#now() >= this.#nextLookAt
  }

  async #look(upTo: number): Promise<Judgement> {
    const now = this.#now()
    this.#nextLookAt = now + Math.min(LOOK_MS, this.#state.plan.intervalMs)
    const { gathered, judgement, hasSeen } = await this.#sight.look(this.#memory, upTo)
    this.#memory = { ...this.#memory, ...gathered, ...(hasSeen && { watchedAt: now }) }
    this.#ports.reporter.judged(this.#sight.state, judgement)
    await this.#telling.looked(judgement, this.#memory)
    return judgement
  }

  /** One that is gone somewhere is over: half of the requests would meet it. */
  async #stands({ ref, others = [] }: Standing): Promise<boolean> {
    const standing = await Promise.all([ref, ...others].map(async (one) => this.#standsIn(one)))
    return standing.every(Boolean)
  }

  async #standsIn(ref: MeshRef): Promise<boolean> {
    for (const freshness of ['Cached', 'Fresh'] as const) {
      const object = (await this.#ports.mesh.read(ref, freshness)) as VirtualService | undefined
      const own = object && faultsOf(object).some(({ release }) => release?.seq === this.#state.seq)
      if (own === true) return true
    }
    return false
  }

  /** False when it could not be written: it is tried again, and expires in any case. */
  async #tryToRemove(): Promise<boolean> {
    try {
      await clearReleaseFaults(this.#ports, this.#state)
      return true
    } catch (error) {
      Context.current().log.warn('a fault could not be taken out, trying again', { error })
      return false
    }
  }

  #enter(stage: ProbeMemory['stage'], gathered: Partial<ProbeMemory> = {}): void {
    this.#memory = { ...this.#memory, ...gathered, stage, since: this.#now() }
    this.#nextLookAt = 0
    Context.current().heartbeat(this.#memory)
  }

  #now(): number {
    return this.#ports.clock.now()
  }
}

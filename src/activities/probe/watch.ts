import { Context } from '@temporalio/activity'
import { durationText } from '../../api/quantities.ts'
import { recoveryOf, tellingOf } from '../../core/faults/judging.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ProbeVerdict } from '../../core/faults/progress.ts'
import { hostOf, metBy, scopeOf } from '../../core/faults/whose.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { isPaused } from '../context.ts'
import { clearReleaseFaults } from '../faults/release-faults.ts'
import { answerAlarm, answerFail, lowerAtOnce } from '../observe/answers.ts'
import { tellGap } from '../observe/gap.ts'
import { guard } from '../observe/guard.ts'
import { isPutBackLately } from '../observe/pace.ts'
import { RENEW_MS } from '../observe/watch.ts'
import type { Outcome } from '../perform.ts'
import { injectProbe } from './inject-probe.ts'
import type { StandingFault } from './inject.ts'
import { initialProbe, nothingGathered, stageEndsAt } from './memory.ts'
import type { ProbeMemory } from './memory.ts'
import { OwnLimits } from './own-limits.ts'
import { ProberSight } from './prober-sight.ts'
import { cleanFrom, settleMs, withEvidenceOf } from './settle.ts'
import { ProbeSight } from './sight.ts'
import type { Sight } from './sight.ts'
import { standingFor, stands } from './standing.ts'
import { ProbeTelling } from './telling.ts'

/** Longest time between two passes (milliseconds). */
const PASS_MS = 1000
/** Looks are no further apart than this (milliseconds), whatever the interval of the analysis: a fault is short. */
const LOOK_MS = 5000

/** Whoever of ours takes out what has expired may go by a clock that is ahead (milliseconds). */
const CLOCKS_MS = 5000
/** So much before its expiry the fault is taken out (milliseconds): controllers do it then, and tell it as a trouble. */
const EARLY_MS = 250
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
  /** The weights are a stranger's just now, and were put back a moment ago already. */
  #foreign = false
  /** A fault of an earlier action could not be taken out yet. */
  #isLeft = false
  /** It was told who met the fault. */
  #isTold = false

  /** @param recalled what the last heartbeat of an earlier attempt carried */
  constructor(ports: Ports, state: ReleaseState, given: { fault: PlannedFault; recalled: unknown }) {
    this.#ports = ports
    this.#state = state
    this.#fault = given.fault
    const isProber = scopeOf(given.fault) === 'Canary'
    this.#sight = new (isProber ? ProberSight : ProbeSight)(ports, state, given.fault)
    this.#own = isProber ? new OwnLimits(ports, state, given.fault) : undefined
    this.#telling = new ProbeTelling(ports, state, given.fault)
    this.#memory =
      (given.recalled as ProbeMemory | undefined) ??
      initialProbe(this.#sight.stateIn('Baseline'), this.#now())
  }

  get memory(): ProbeMemory {
    return this.#memory
  }

  /** Time until the next pass (milliseconds), if nothing changes before. */
  pauseMs(): number {
    const next = Math.min(this.#nextLookAt, (this.#memory.injected?.expiresAt ?? Infinity) - EARLY_MS)
    return Math.min(PASS_MS, Math.max(1, next - this.#now()))
  }

  /**
   * Heartbeats may be older than what an attempt did: a fault of this action that stands goes on, one that an earlier
   * action left goes, and what came since the last heartbeat is no baseline, since the fault may have stood then.
   */
  async begin(isFirst: boolean): Promise<void> {
    await this.#tellGap()
    const standing = await standingFor(this.#ports, this.#state, this.#fault)
    this.#isLeft = standing === 'Earlier' && !(await this.#tryToRemove())
    if (this.#memory.stage === 'Recovery' || this.#memory.injected !== undefined) return
    if (standing === 'Own') this.#enter('Fault')
    else if (!isFirst || standing === 'Earlier' || this.#state.driftedAt !== undefined) this.#beginAnew({})
  }

  /** Something is wrong that no metric needs to tell: the probe ends with it. */
  async guard(): Promise<Outcome | undefined> {
    const alarm = await guard(this.#ports, this.#state)
    this.#foreign = alarm?.kind === 'Drifted' && (await isPutBackLately(this.#ports, this.#state))
    if (this.#foreign) return this.#standBack()
    if (alarm === undefined) return this.#guardOwn()
    const failed = alarm.kind === 'Overtaken' ? await this.#failedBefore() : undefined
    if (failed !== undefined) return failed
    const outcome = await answerAlarm(this.#ports, this.#state, { alarm, gathered: this.#memory })
    await this.#tryToRemove()
    return withEvidenceOf(this.#state, outcome)
  }

  /** Where a prober tells how the canary bears the fault, its own limits hold for users all the same. */
  async #guardOwn(): Promise<Outcome | undefined> {
    const now = this.#now()
    if (this.#own === undefined || now < this.#nextOwnAt) return undefined
    this.#nextOwnAt = now + Math.min(LOOK_MS, this.#state.plan.intervalMs)
    const { own, outcome } = await this.#own.guard(this.#memory, now)
    this.#memory = { ...this.#memory, own }
    if (outcome !== undefined) await this.#tryToRemove()
    return outcome
  }

  /** Nobody is put to the test at a stranger's weights: the canary is watched without the fault until they are put back. */
  async #standBack(): Promise<undefined> {
    if (this.#memory.stage === 'Baseline' || !(await this.#tryToRemove())) return
    const { injected: _injected, arrivedAt: _at, finding: _finding, ...rest } = this.#memory
    this.#memory = { ...rest, met: 0 }
    this.#beginAnew(nothingGathered(this.#sight.stateIn('Baseline'), 0))
  }

  /** An earlier attempt may have marked the release as over, and died before it could tell: what it saw knows why. */
  async #failedBefore(): Promise<Outcome | undefined> {
    const { stage, injected } = this.#memory
    if (stage === 'Fault' && injected === undefined) return undefined
    const judgement =
      injected && stage === 'Fault' ? await this.#lookUnder(injected) : this.#sight.judge(this.#memory)
    if (judgement?.verdict !== 'Fail') return undefined
    if (stage === 'Baseline') return this.#failedWithout(judgement)
    if (!this.#fault.required) return undefined
    return stage === 'Fault' ? this.#failed(judgement) : this.#notRecovered(judgement)
  }

  /** Nothing of it goes on. */
  close(): void {
    this.#sight.close()
  }

  /** One pass: reads what is due, and does what follows. */
  async pass(): Promise<Outcome | undefined> {
    const why = await this.#sight.ready(this.#memory.token ?? '', stageEndsAt(this.#memory, this.#fault))
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

  async #unseen(why: string): Promise<Outcome> {
    await this.#tryToRemove()
    return this.#ended('Inconclusive', why)
  }

  /** Without the fault the canary has to do well: else the fault would be blamed for what is not its doing. */
  async #baseline(): Promise<Outcome | undefined> {
    if (!this.#isLookDue()) return undefined
    const judgement = await this.#look(this.#now())
    if (judgement.verdict === 'Fail') return this.#failedWithout(judgement)
    const isLong = this.#now() - this.#memory.since >= this.#fault.durationMs
    if (judgement.verdict !== 'Pass' && !isLong) return undefined
    if (judgement.verdict === 'NoData' || judgement.verdict === 'ProviderError')
      return this.#ended('Inconclusive', `nothing was seen before the fault: ${tellingOf(judgement)}`)
    const awaited = await this.#awaited()
    if (awaited !== undefined) return this.#waits(awaited)
    this.#enter('Fault')
    return this.#inject()
  }

  /** What has to be before anything may be injected. */
  async #awaited(): Promise<string | undefined> {
    this.#isLeft &&= !(await this.#tryToRemove())
    if (this.#isLeft) return 'a fault of an earlier probe, which cannot be taken out'
    if (isPaused(this.#ports, this.#state)) return 'spec.paused to be false'
    return this.#foreign ? 'the weights of the step to be put back' : undefined
  }

  /** The canary is watched meanwhile: what it does by itself must not be blamed on the fault later. */
  async #waits(why: string): Promise<Outcome | undefined> {
    const waitedMs = this.#now() - this.#state.phaseAt
    if (waitedMs >= RENEW_MS)
      return this.#ended('Inconclusive', `it waited ${durationText(waitedMs)} for ${why}`)
    this.#memory = { ...this.#memory, stage: 'Baseline' }
    await this.#telling.waits(why)
    return undefined
  }

  async #failedWithout(judgement: Judgement): Promise<Outcome> {
    // What the prober sends is no fault of the canary: most of it goes to stable, and its URL may be wrong.
    if (this.#own !== undefined) {
      const problem = this.#sight.problem === undefined ? '' : ` (${this.#sight.problem})`
      const message = `requests of the prober fail without the fault, too: ${tellingOf(judgement)}${problem}`
      return this.#ended('Inconclusive', message)
    }
    const completeAt = this.#now()
    return answerFail(this.#ports, this.#sight.stateIn('Baseline'), {
      judgement,
      completeAt,
      gathered: this.#memory,
    })
  }

  async #inject(): Promise<Outcome | undefined> {
    const { token = '' } = this.#memory
    const injection = await injectProbe(this.#ports, this.#state, this.#fault, token)
    if (injection.kind === 'Impossible') return this.#ended('Inconclusive', injection.why)
    if (injection.kind === 'Waits') return this.#waits(injection.why)
    const { kind: _kind, token: known = token, ...injected } = injection
    this.#memory = { ...this.#memory, injected, token: known }
    Context.current().heartbeat(this.#memory)
    await this.#telling.injected(injected.expiresAt)
    return undefined
  }

  async #underFault(injected: StandingFault): Promise<Outcome | undefined> {
    const leftMs = injected.expiresAt - this.#now()
    const isGone = !(await stands(this.#ports, this.#state, injected))
    const isOver = leftMs <= (isGone ? CLOCKS_MS : EARLY_MS)
    if (!isOver && !isGone && !this.#isLookDue()) return undefined
    // A Prometheus that does not answer must not make it stand longer.
    if (isOver) await this.#tryToRemove()
    const judgement = await this.#lookUnder(injected)
    if (judgement?.verdict === 'Fail') return this.#failed(judgement)
    if (isOver) return this.#decide(injected, judgement)
    return isGone ? this.#takenOut(injected) : undefined
  }

  /** Of a part of the time nobody can say how much of it the fault stood. */
  async #takenOut({ at }: StandingFault): Promise<Outcome | undefined> {
    const after = durationText(this.#now() - at)
    return this.#found('Inconclusive', `the fault was taken out before its time, after ${after} at most`)
  }

  /** Only what comes after the first request that met the fault says how the canary bears it. */
  async #lookUnder({ expiresAt }: StandingFault): Promise<Judgement | undefined> {
    const upTo = Math.min(this.#now(), expiresAt)
    const arrivals = await this.#sight.arrivals(this.#memory, upTo)
    Context.current().heartbeat(this.#memory)
    if (arrivals !== undefined) {
      this.#isTold = true
      const { arrivedAt = arrivals.firstAt } = this.#memory
      if (this.#memory.arrivedAt === undefined && arrivedAt !== undefined)
        this.#memory = {
          ...this.#memory,
          arrivedAt,
          ...nothingGathered(this.#sight.stateIn('Fault'), arrivedAt),
        }
      this.#memory = {
        ...this.#memory,
        met: Math.max(this.#memory.met, arrivals.met),
        watchedAt: this.#now(),
      }
    }
    return this.#memory.arrivedAt === undefined ? undefined : this.#look(upTo)
  }

  /** The fault is over, and the canary has not failed under it. */
  async #decide(
    { at, expiresAt }: StandingFault,
    judgement: Judgement | undefined,
  ): Promise<Outcome | undefined> {
    const lasted = durationText(Math.min(this.#now(), expiresAt) - at)
    if (judgement === undefined && !this.#isTold)
      return this.#found('Inconclusive', `Prometheus did not tell who met the fault within ${lasted}`)
    if (judgement === undefined)
      return this.#found('Inconclusive', `no ${this.#who()} were seen to meet the fault within ${lasted}`)
    const met = `${Math.round(this.#memory.met)} ${this.#who()} met the fault within ${lasted}`
    if (judgement.verdict === 'Pass') return this.#found('Pass', `${met}; ${tellingOf(judgement)}`)
    return this.#found('Inconclusive', `${met}, which is too little to tell: ${tellingOf(judgement)}`)
  }

  /** Weight first, where the canary has to go for it: that waits for nothing. */
  async #failed(judgement: Judgement): Promise<Outcome | undefined> {
    const message = `${Math.round(this.#memory.met)} ${this.#who()} met the fault, and ${tellingOf(judgement)}`
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
    this.#enter('Recovery', nothingGathered(this.#sight.stateIn('Recovery'), removedAt))
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
        this.#memory = {
          ...this.#memory,
          ...nothingGathered(this.#sight.stateIn('Recovery'), this.#memory.countedTo),
        }
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
    return {
      event: {
        type: 'Probed',
        seq: this.#state.seq,
        at,
        result,
        countedTo: cleanFrom(this.#memory, this.#state, at),
      },
    }
  }

  #who(): string {
    return metBy(this.#fault, this.#state.version)
  }

  #isLookDue(): boolean {
    return this.#now() >= this.#nextLookAt
  }

  async #look(upTo: number): Promise<Judgement> {
    const now = this.#now()
    this.#nextLookAt = now + Math.min(LOOK_MS, this.#state.plan.intervalMs)
    const { gathered, judgement, hasSeen } = await this.#sight.look(this.#memory, upTo)
    if (hasSeen) await this.#tellGap()
    this.#memory = { ...this.#memory, ...gathered, ...(hasSeen && { watchedAt: now }) }
    this.#ports.reporter.judged(this.#sight.stateIn(this.#memory.stage), judgement)
    await this.#telling.looked(judgement, this.#memory)
    return judgement
  }

  async #tellGap(): Promise<void> {
    if (!(await tellGap(this.#ports, this.#state, this.#memory.watchedAt))) return
    this.#memory = { ...this.#memory, watchedAt: this.#now() }
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

  /** A look brings what came since the scrape before: what the fault did a moment ago must not be part of it. */
  #beginAnew(gathered: Partial<ProbeMemory>): void {
    this.#enter('Baseline', gathered)
    const countedTo = this.#now() + settleMs(this.#state)
    this.#memory = { ...this.#memory, countedTo, since: countedTo }
  }

  #now(): number {
    return this.#ports.clock.now()
  }
}

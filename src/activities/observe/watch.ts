import { durationMs } from '../../api/quantities.ts'
import { beginStep, initialEvidence } from '../../core/analysis/evidence.ts'
import { judge, providerError } from '../../core/analysis/judge.ts'
import { DEFAULT_LEVELS } from '../../core/analysis/verdict.ts'
import type { Judgement, Terms } from '../../core/analysis/verdict.ts'
import { awaitedProbe, retryAfterMs } from '../../core/faults/progress.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import { readEvidence } from '../../core/analysis/older.ts'
import { recordLook } from '../../core/analysis/record.ts'
import type { StepRecord } from '../../core/analysis/record.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { CanaryPods } from '../capacity/canary-pods.ts'
import { isPaused } from '../context.ts'
import { Floors } from '../capacity/floors.ts'
import type { Outcome } from '../perform.ts'
import { answerAlarm, answerFail } from './answers.ts'
import { tellGap } from './gap.ts'
import { guard } from './guard.ts'
import { look } from './look.ts'
import type { Gathered, Lookout } from './look.ts'
import { GUARD_MS, isPutBackLately } from './pace.ts'
import { holdEndOf, lacksCountsOfHold, passOf } from './pass.ts'
import { BackgroundReader } from './reading.ts'
import { Reporting } from './reporting.ts'

/** After this time an observer hands over to itself, so that the workflow's history can be cut (milliseconds). */
export const RENEW_MS = durationMs('12h')

/** What heartbeats carry from one attempt to the next. */
export interface Memory extends Gathered {
  /** When metrics were last read; milliseconds since the epoch. */
  readonly watchedAt: number
  /** Up to here time is counted as blind. */
  readonly blindTo?: number
  /** What the looks of this action found. */
  readonly record?: StepRecord
}

/** The watch over one step. */
export class Watch {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #reporting: Reporting
  readonly #floors: Floors
  readonly #pods: CanaryPods
  readonly #lookout: Lookout
  readonly #terms: Terms
  readonly #measures: readonly Measure[]
  readonly #sinceMs: number
  #memory: Memory
  #nextLookAt = 0
  #looks = 0
  /** The weights are a stranger's just now, and were put back a moment ago already. */
  #foreign = false
  /** What was gathered meanwhile. */
  #aside: Gathered | undefined

  /**
   * @param recalled what the last heartbeat of an earlier attempt carried
   * @param watchedAt when this process last read the metrics, which that heartbeat may not know
   */
  constructor(ports: Ports, state: ReleaseState, recalled: unknown, watchedAt = 0) {
    this.#ports = ports
    this.#state = state
    this.#reporting = new Reporting(ports, state)
    this.#floors = new Floors(ports, state)
    this.#pods = new CanaryPods(ports, state, state.plan.steps[state.step + 1]?.weight ?? 0)
    this.#lookout = { ports, state, background: new BackgroundReader(ports, state) }
    this.#terms = termsOf(state)
    this.#measures = measuresOf(state.plan.metrics)
    this.#sinceMs = ports.clock.now()
    const memory = recall(recalled, state)
    this.#memory = { ...memory, watchedAt: Math.max(memory.watchedAt, watchedAt) }
  }

  get memory(): Memory {
    return this.#memory
  }

  /** Time until the next pass (milliseconds), if nothing changes before. */
  pauseMs(): number {
    if (this.#foreign) return GUARD_MS
    return Math.min(GUARD_MS, Math.max(1, this.#nextLookAt - this.#ports.clock.now()))
  }

  /** An earlier attempt may have seen the failure already, and died before it could tell. */
  async begin(): Promise<Outcome | undefined> {
    const blindMs = await this.#tellGap()
    this.#memory = blinded(this.#memory, blindMs)
    const judgement = this.#judge(this.#memory)
    return judgement.verdict === 'Fail' ? this.#fail(judgement) : undefined
  }

  /** Is something wrong that no metric needs to tell? A stranger's weights are put back once in an interval at most. */
  async guard(): Promise<Outcome | undefined> {
    const alarm = await guard(this.#ports, this.#state)
    this.#foreign = alarm?.kind === 'Drifted' && (await isPutBackLately(this.#ports, this.#state))
    if (alarm === undefined || this.#foreign) return undefined
    if (alarm.kind === 'Overtaken') {
      const failed = await this.#failedBefore()
      if (failed) return failed
    }
    return answerAlarm(this.#ports, this.#state, { alarm, gathered: this.#memory })
  }

  /** An earlier attempt may have marked the release as over, and its answer was lost with Temporal: the metrics know why. */
  async #failedBefore(): Promise<Outcome | undefined> {
    const judgement = await this.#gather(this.#ports.clock.now())
    return judgement.verdict === 'Fail' ? this.#fail(judgement) : undefined
  }

  /** Reads the metrics when it is time, and says what follows. */
  async look(): Promise<Outcome | undefined> {
    const now = this.#ports.clock.now()
    // The step has waited for nothing else.
    if (this.#pods.haveCome()) this.#nextLookAt = now
    if (now < this.#nextLookAt) return undefined
    this.#nextLookAt = now + this.#state.plan.intervalMs
    if (this.#foreign) return this.#lookAside(now)
    this.#leaveOutAside()
    const judgement = await this.#gather(now)
    this.#ports.reporter.judged(this.#state, judgement)
    if (judgement.verdict === 'Fail') return this.#fail(judgement)
    // The next scrape decides: no reason to wait for a whole interval.
    if (lacksCountsOfHold(this.#state, this.#memory, now)) this.#nextLookAt = now + GUARD_MS
    await this.#floors.keep()
    return passOf(this.#ports, this.#state, {
      gathered: this.#memory,
      judgement,
      reporting: this.#reporting,
      pods: this.#pods,
      isFirst: this.#looks++ === 0,
    })
  }

  /** Ends the action when it has lasted long, or a fault probe is to be tried again; the step goes on with the next. */
  renewal(): Outcome | undefined {
    const at = this.#ports.clock.now()
    const isLong = at - this.#sinceMs >= RENEW_MS
    if (!isLong && !this.#isProbeDue(at)) return undefined
    const { evidence, countedTo } = this.#memory
    const type = isLong ? 'Renewed' : 'ProbeDue'
    return { event: { type, seq: this.#state.seq, at, evidence, countedTo } }
  }

  #isProbeDue(at: number): boolean {
    const state = this.#state
    if (awaitedProbe(state) === undefined || isPaused(this.#ports, state)) return false
    return at - state.phaseAt >= retryAfterMs(state)
  }

  /** An outage of Prometheus is never the canary's fault; what was known before it stands. */
  async #gather(now: number): Promise<Judgement> {
    try {
      const gathered = await look(this.#lookout, this.#memory, now)
      const judgement = this.#judge(gathered)
      const unseenMs = this.#unseenMs(now)
      const gapMs = await this.#tellGap()
      // A metric of the user's own may be out of sight while the others are not.
      const blindMs = judgement.verdict === 'ProviderError' ? unseenMs : gapMs
      this.#memory = { ...this.#memory, ...blinded(gathered, blindMs), watchedAt: now, blindTo: now }
      return this.#kept(judgement, now)
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      this.#memory = { ...this.#memory, ...blinded(this.#memory, this.#unseenMs(now)), blindTo: now }
      const known = this.#judge(this.#memory)
      const judgement = known.verdict === 'Fail' ? known : providerError(this.#measures, error.message)
      return this.#kept(judgement, now)
    }
  }

  /** Each look is kept for whoever asks later. */
  #kept(judgement: Judgement, at: number): Judgement {
    const { evidence, record = this.#emptyRecord() } = this.#memory
    this.#memory = {
      ...this.#memory,
      record: recordLook(record, { evidence, judgement, at }, this.#measures),
    }
    return judgement
  }

  #emptyRecord(): StepRecord {
    const { step, stepStartedAt: startedAt = this.#sinceMs } = this.#state
    return { step, startedAt, metrics: {} }
  }

  /** Requests at a stranger's weights count for no pass, but a canary that fails under them is taken back all the same. */
  async #lookAside(now: number): Promise<Outcome | undefined> {
    try {
      this.#aside = await look(this.#lookout, this.#aside ?? this.#memory, now)
      this.#memory = { ...this.#memory, watchedAt: now }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      return undefined
    }
    const judgement = this.#judge(this.#aside)
    if (judgement.verdict !== 'Fail') return undefined
    this.#memory = { ...this.#memory, ...this.#aside, watchedAt: now }
    return this.#fail(this.#kept(judgement, now))
  }

  #leaveOutAside(): void {
    if (this.#aside !== undefined) this.#memory = { ...this.#memory, countedTo: this.#aside.countedTo }
    this.#aside = undefined
  }

  #judge({ evidence }: Gathered): Judgement {
    return judge(evidence, this.#measures, this.#terms)
  }

  async #fail(judgement: Judgement): Promise<Outcome> {
    const completeAt = this.#ports.clock.now()
    return answerFail(this.#ports, this.#state, { judgement, completeAt, gathered: this.#memory })
  }

  /** Time after the hold since anybody saw, as far as it was not counted yet (milliseconds). */
  #unseenMs(now: number): number {
    const { watchedAt, blindTo = 0 } = this.#memory
    return Math.max(0, now - Math.max(watchedAt, blindTo, holdEndOf(this.#state)))
  }

  /**
   * A canary had weight and nobody could watch it: that is told, since nothing else would tell it. Returns the time
   * that was not counted as blind yet (milliseconds).
   */
  async #tellGap(): Promise<number> {
    const now = this.#ports.clock.now()
    const unseenMs = this.#unseenMs(now)
    if (!(await tellGap(this.#ports, this.#state, this.#memory.watchedAt))) return 0
    this.#memory = { ...this.#memory, watchedAt: now }
    return unseenMs
  }
}

function blinded<T extends Gathered>(gathered: T, blindMs: number): T {
  const { evidence } = gathered
  if (blindMs <= 0) return gathered
  return { ...gathered, evidence: { ...evidence, blindMs: (evidence.blindMs ?? 0) + blindMs } }
}

/** What a verdict of a release is held to. */
function termsOf({ plan }: ReleaseState): Terms {
  const { falseRollback: alpha, falsePromotion: beta = DEFAULT_LEVELS.beta } = plan
  return { levels: { alpha, beta }, weights: plan.steps.map(({ weight }) => weight) }
}

/** An earlier attempt may have been that of an earlier Sluice. */
function recall(recalled: unknown, state: ReleaseState): Memory {
  const memory = recalled as Memory | undefined
  if (memory === undefined) return initialMemory(state)
  return { ...memory, evidence: readEvidence(memory.evidence, measuresOf(state.plan.metrics)) }
}

/** What is known of a step before its first look. */
export function initialMemory(state: ReleaseState): Memory {
  const fresh = initialEvidence(measuresOf(state.plan.metrics), state.plan.steps.length)
  return {
    evidence: beginStep(state.evidence ?? fresh, state.step),
    countedTo: state.countFrom ?? state.phaseAt,
    watchedAt: state.phaseAt,
  }
}

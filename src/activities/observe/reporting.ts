import type { Judgement, Verdict } from '../../core/analysis/verdict.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { verdictsOf } from '../../core/status/observing.ts'
import type { Ports } from '../../ports.ts'
import { writeStatus } from '../perform.ts'
import { seenWeight } from '../proxies.ts'
import type { SeenWeight } from '../proxies.ts'

/** Besides transitions the status is written at most this often (milliseconds). */
const STATUS_EVERY_MS = 30_000
/** Proxies that cannot be asked are believed to have a weight after this time (milliseconds). */
const ASSUME_AFTER_MS = 30_000

/** What the status of a step says. */
interface Written {
  readonly message: string
  readonly paused: boolean
  readonly isOverdue: boolean
  /** Parts of the message that are news whenever they change. */
  readonly notes: readonly string[]
}

/** Keeps the status of a step under observation: the weight that proxies have, the verdicts, the message. */
export class Reporting {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #sinceMs: number
  #arrived = false
  #observed: number | undefined
  #writtenAt: number
  #writtenVerdict: Verdict | undefined
  #writtenArrived = false
  #writtenPaused: boolean
  #writtenOverdue = false
  #writtenNotes: readonly string[] = []

  constructor(ports: Ports, state: ReleaseState) {
    this.#ports = ports
    this.#state = state
    this.#sinceMs = ports.clock.now()
    this.#writtenAt = this.#sinceMs
    this.#writtenPaused = state.wanted.paused
  }

  /** The proxies have the weight of the step, or could not be asked for long. */
  hasArrived(): boolean {
    return this.#arrived || (this.#observed === undefined && this.#isLate())
  }

  /** The status says already that patience is over. */
  isOverdueTold(): boolean {
    return this.#writtenOverdue
  }

  /** Asks the proxies until they have the weight. */
  async observeWeight(): Promise<number | undefined> {
    if (this.#arrived) return this.#observed
    const seen = await this.#seen()
    this.#arrived = seen?.arrived === true
    this.#observed = seen?.percent
    return this.#observed
  }

  /** Those that the status does not have yet. */
  newOf(notes: readonly string[]): string[] {
    return notes.filter((note) => !this.#writtenNotes.includes(note))
  }

  /** Writes the status when there is news: the first requests, the weight, a pause, Prometheus; else every half minute. */
  async write(judgement: Judgement, { message, paused, isOverdue, notes }: Written): Promise<void> {
    const now = this.#ports.clock.now()
    const due = now - this.#writtenAt >= STATUS_EVERY_MS
    const areTold = notes.join() === this.#writtenNotes.join()
    const isSame = areTold && this.#writtenPaused === paused && this.#writtenOverdue === isOverdue
    if (!due && isSame && !this.#isNews(judgement.verdict)) return
    const { wanted } = this.#state
    await writeStatus(
      this.#ports,
      { ...this.#state, wanted: { ...wanted, paused } },
      {
        verdicts: verdictsOf(judgement, this.#state.plan.metrics, notes),
        message,
        ...(isOverdue && !paused && { reason: 'PatienceExceeded' }),
        ...(this.#observed !== undefined && { observed: this.#observed }),
      },
    )
    this.#writtenAt = now
    this.#writtenPaused = paused
    this.#writtenOverdue = isOverdue
    this.#writtenNotes = notes
    this.#writtenVerdict = judgement.verdict
    this.#writtenArrived = this.#arrived
  }

  #isNews(verdict: Verdict): boolean {
    if (verdict === 'ProviderError' || this.#writtenVerdict === 'ProviderError')
      return verdict !== this.#writtenVerdict
    const areFirstRequests = (this.#writtenVerdict ?? 'NoData') === 'NoData' && verdict !== 'NoData'
    const hasArrivedSince = this.#writtenVerdict !== undefined && this.#arrived && !this.#writtenArrived
    return areFirstRequests || hasArrivedSince
  }

  #isLate(): boolean {
    return this.#ports.clock.now() - this.#sinceMs > ASSUME_AFTER_MS
  }

  /** A proxy that cannot be asked never stops a release; it only makes it wait. */
  async #seen(): Promise<SeenWeight | undefined> {
    try {
      return await seenWeight(this.#ports, this.#state)
    } catch {
      return undefined
    }
  }
}

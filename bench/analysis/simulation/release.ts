import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence, MetricLook } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import type { StrandLook } from '../../../src/core/analysis/strands.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import type { Judgement } from '../../../src/core/analysis/verdict.ts'
import { Hour, sum } from './hour.ts'
import type { Random } from './random.ts'
import { Traffic } from './traffic.ts'
import type { PodCounts, Scenario, Stretch } from './traffic.ts'

/** Weights of a release, in percent. */
export const WEIGHTS: readonly number[] = [5, 20, 50, 100]

/** What is simulated. */
export interface Setup {
  readonly scenario: Scenario
  readonly measure: Measure
  /** Index of the first step; 0 if absent. */
  readonly step?: number
  /** Latency: boundaries (milliseconds) of the cuts. */
  readonly boundaries?: readonly number[]
  /** Dispersion that is taken for granted; measured if absent. */
  readonly phi?: number
  /** Judged apart, on the same requests. */
  readonly twin?: Measure
}

/** A simulated release: its requests are drawn, all that is made of them is the real analysis. */
export class Release {
  readonly #setup: Setup
  readonly #traffic: Traffic
  readonly #hour: Hour | undefined
  #evidence: Evidence
  #twin: Evidence | undefined
  #step: number
  #looks = 0
  #canary: PodCounts

  constructor(setup: Setup, random: Random) {
    this.#setup = setup
    this.#traffic = new Traffic(setup.scenario, random)
    const cuts = setup.scenario.stable.length
    this.#hour = setup.phi === undefined ? new Hour(this.#traffic, cuts, setup.boundaries) : undefined
    this.#evidence = initialEvidence([setup.measure], WEIGHTS.length)
    this.#twin = setup.twin && initialEvidence([setup.twin], WEIGHTS.length)
    this.#step = setup.step ?? 0
    this.#canary = { total: 0, bad: setup.scenario.stable.map(() => 0) }
  }

  get evidence(): Evidence {
    return this.#evidence
  }

  get step(): number {
    return this.#step
  }

  get looks(): number {
    return this.#looks
  }

  /** What the canary answered so far. */
  get canary(): PodCounts {
    return this.#canary
  }

  get hour(): Hour | undefined {
    return this.#hour
  }

  /** The evidence of harm was enough at a look. What {@link judgement} says of it is the same, and takes longer. */
  get hasFailed(): boolean {
    return isFail(this.#evidence)
  }

  /** The same of the measure that is judged apart. */
  get hasTwinFailed(): boolean {
    return this.#twin !== undefined && isFail(this.#twin)
  }

  /** One look more. */
  look(): void {
    const stretch = this.#traffic.next((WEIGHTS[this.#step] ?? 100) / 100)
    const { measure, twin } = this.#setup
    const look = this.#metricLook(stretch)
    const course = { step: this.#step, weights: WEIGHTS }
    this.#evidence = addLook(this.#evidence, [measure], { [measure.name]: look }, course)
    if (twin && this.#twin) this.#twin = addLook(this.#twin, [twin], { [twin.name]: look }, course)
    this.#looks += 1
    this.#canary = sum(this.#canary, together(stretch.canary))
    this.#hour?.add(stretch.stable)
  }

  judgement(): Judgement {
    return judge(this.#evidence, [this.#setup.measure], { levels: DEFAULT_LEVELS, weights: WEIGHTS })
  }

  /** Goes on to the next weight. */
  advance(): void {
    this.#step += 1
  }

  #metricLook(stretch: Stretch): MetricLook {
    const strands = [this.#strand(stretch)]
    return {
      strands,
      ...(this.#hour?.known.hasOutlier && { incomparable: 'a pod of stable is unlike the others' }),
    }
  }

  #strand({ canary, stable }: Stretch): StrandLook {
    const [own, others] = [together(canary), together(stable)]
    const { boundaries, phi } = this.#setup
    const cuts = others.bad.map((bad, cut) => {
      const at = boundaries?.[cut]
      const known = phi ?? this.#hour?.known.phis[cut] ?? 1
      return { bad: { canary: own.bad[cut] ?? 0, stable: bad }, phi: known, ...(at !== undefined && { at }) }
    })
    return { reporter: 'Destination', total: { canary: own.total, stable: others.total }, cuts }
  }
}

function isFail({ peak }: Evidence): boolean {
  return peak.logE >= Math.log(1 / DEFAULT_LEVELS.alpha)
}

function together(pods: readonly PodCounts[]): PodCounts {
  return pods.reduce((a, b) => sum(a, b))
}

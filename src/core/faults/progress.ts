import type { PlannedFault } from './planned.ts'

/** How a fault probe ended: it passed, it failed, or it told nothing, since nobody met the fault. */
export type ProbeVerdict = 'Pass' | 'Fail' | 'Inconclusive'

/** What came of a fault probe. */
export interface ProbeResult {
  readonly name: string
  /** Full host whose callers met the fault. */
  readonly host: string
  readonly verdict: ProbeVerdict
  /** One sentence with numbers. */
  readonly message: string
}

/** What came of the fault probes of a release so far. */
export interface ProbeProgress {
  /** Index of the step that `done` and `tries` are of. */
  readonly step: number
  /** How many of the step's probes are over. */
  readonly done: number
  /** How often the next one was tried and told nothing. */
  readonly tries: number
  /** When the last of them ended, in milliseconds since the epoch: what came before counts for no step. */
  readonly endedAt?: number
  /** Latest results of all steps, by step and name. */
  readonly results: readonly (ProbeResult & { readonly step: number })[]
}

/** What is asked of a release. */
interface Probed {
  readonly step: number
  readonly probes?: ProbeProgress
  readonly plan: {
    readonly steps: readonly { readonly faults?: readonly string[] }[]
    readonly faults?: readonly PlannedFault[]
  }
}

const FIRST_RETRY_MS = 30_000
const LONGEST_RETRY_MS = 600_000

/** The fault probe that is due at the step of a release; undefined when all were made. */
export function dueFault({ step, probes, plan }: Probed): PlannedFault | undefined {
  const name = plan.steps[step]?.faults?.[doneAt(step, probes)]
  return plan.faults?.find((fault) => fault.name === name)
}

/** The results with one more. A probe is over with it, unless it is required and told nothing. */
export function withResult(release: Probed, result: ProbeResult): ProbeProgress {
  const { step, probes } = release
  const known = probes?.step === step ? probes : { done: 0, tries: 0 }
  const isOver = result.verdict !== 'Inconclusive' || dueFault(release)?.required !== true
  const others = (probes?.results ?? []).filter((one) => one.step !== step || one.name !== result.name)
  return {
    step,
    done: known.done + (isOver ? 1 : 0),
    tries: isOver ? 0 : known.tries + 1,
    results: [...others, { ...result, step }],
  }
}

/** The required probe that told nothing yet, for which the step of a release waits. */
export function awaitedProbe(release: Probed): ProbeResult | undefined {
  const fault = dueFault(release)
  const { step, probes } = release
  return probes?.results.find((one) => one.step === step && one.name === fault?.name)
}

/** Milliseconds after a probe that told nothing until it is tried again: ever longer, but at most ten minutes. */
export function retryAfterMs({ step, probes }: Probed): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, triesOf({ step, probes }) - 1))
}

/** How often the probe that is due was tried and told nothing. */
export function triesOf({
  step,
  probes,
}: Pick<Probed, 'step'> & { readonly probes?: ProbeProgress | undefined }): number {
  return probes?.step === step ? probes.tries : 0
}

function doneAt(step: number, probes: ProbeProgress | undefined): number {
  return probes?.step === step ? probes.done : 0
}

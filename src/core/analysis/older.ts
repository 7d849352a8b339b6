import { keptLogs } from './bets.ts'
import { columnsOf, placesOf } from './cuts.ts'
import type { EProcessState } from './eprocess.ts'
import type { Counts, Evidence, MetricEvidence } from './evidence.ts'
import { limitMsOf } from './measures.ts'
import type { Measure } from './measures.ts'
import type { ProcessName } from './processes.ts'
import type { CutLook, Strand } from './strands.ts'

/** How evidence looked when there were limits only, and one side that counted. */
interface LimitEvidence {
  readonly fail: EProcessState
  readonly step: Counts
  readonly release: Counts
}

/** How a strand looked when each cut was an object. */
interface StrandOfObjects extends Pick<Strand, 'reporter' | 'total'> {
  readonly capital: Readonly<Partial<Record<ProcessName, Pick<EProcessState, 'spent' | 'looks'>>>>
  readonly cuts: readonly CutOfLogs[]
}

interface CutOfLogs extends CutLook {
  readonly logs: Readonly<Partial<Record<ProcessName, readonly (number | null)[]>>>
}

/**
 * The evidence as the judge reads it today. A release that was under way at an update of Sluice carries it in an earlier
 * form, and what speaks against its canary must not be lost.
 */
export function readEvidence(evidence: Evidence, measures: readonly Measure[]): Evidence {
  const atOf = (name: string) => {
    const measure = measures.find((one) => one.name === name)
    return measure && limitMsOf(measure)
  }
  const entries = Object.entries(evidence.metrics as Record<string, MetricEvidence | LimitEvidence>)
  return {
    ...evidence,
    metrics: Object.fromEntries(entries.map(([name, one]) => [name, readMetric(one, atOf(name))])),
  }
}

function readMetric(one: MetricEvidence | LimitEvidence, at: number | undefined): MetricEvidence {
  if ('strands' in one) return { ...one, strands: one.strands.map(readStrand) }
  const { fail, step, release } = one
  if (fail.looks === 0 && fail.spent === 0) return { strands: [], release }
  const { spent, looks, logs } = fail
  const bad = { canary: step.bad, stable: 0 }
  const cut = { phi: 1, bad, logs: { limit: logs }, ...(at !== undefined && { at, isLimit: true as const }) }
  const total = { canary: step.total, stable: 0 }
  const capital = { limit: { spent, looks } }
  return { release, strands: [readStrand({ reporter: 'Source', total, capital, cuts: [cut] })] }
}

/** A strand as it is today. The limit's cut was the first then, too. */
export function readStrand(strand: Strand | StrandOfObjects): Strand {
  if (!('cuts' in strand)) return strand
  const { reporter, total, capital, cuts: seen } = strand
  const cuts = seen.map(({ at, isLimit = false, past, bad, phi }, index) => {
    return { index, at, isLimit, past, bad, phi }
  })
  const names = new Set(seen.flatMap(({ logs }) => Object.keys(logs) as ProcessName[]))
  const bets = Array.from(names, (name) => {
    const logs = seen.flatMap((cut) => (cut.logs[name] ? [keptLogs(cut.logs[name])] : []))
    return [name, capital[name] ? { ...capital[name], logs } : null] as const
  })
  return { reporter, total, ...placesOf(cuts), ...columnsOf(cuts), bets: Object.fromEntries(bets) }
}

import type { Outcome } from '../benchmark.ts'
import { milliseconds, spreadRow } from '../format.ts'
import { foreignProblems } from '../kit/foreign.ts'
import type { Foreign } from '../kit/foreign.ts'
import { distribution } from '../statistics.ts'
import type { Measured } from './measure.ts'
import { POLL_MS } from './proxy-history.ts'
import type { Timing } from './timing.ts'

/** From a look that decides until weight 0 is written, at p99 (milliseconds). */
const GOAL_MS = 100

const ROWS: readonly { what: string; key: keyof Timing; goal?: number }[] = [
  { what: 'deciding look begins → weight 0 written', key: 'lookToWrite', goal: GOAL_MS },
  { what: '  the same by sluice_rollback_seconds', key: 'own', goal: GOAL_MS },
  { what: 'evidence complete in Prometheus → weight 0 written', key: 'evidenceToWrite' },
  { what: '  of which waiting for the next look', key: 'evidenceToLook' },
  { what: 'weight of a step written → proxy has it', key: 'raiseToProxy' },
  { what: 'weight 0 written → proxy has it', key: 'lowerToProxy' },
]

/** Table and figures of all rollbacks. */
export function reactionOutcome(
  measured: readonly Measured[],
  { runs, shops, foreign }: { readonly runs: number; readonly shops: number; readonly foreign: Foreign },
): Outcome {
  const timings = measured.flatMap(({ timing }) => timing ?? [])
  const spreads = ROWS.map(({ key, ...row }) => ({
    ...row,
    key,
    spread: distribution(timings.map((one) => one[key])),
  }))
  return {
    tables: [
      {
        title: `Reaction: ${timings.length} rollbacks, looks every 1 s, ${shops} releases side by side`,
        headings: ['WHAT', 'P50', 'P99', 'GOAL'],
        rows: spreads.map(({ what, spread, goal }) => spreadRow(what, spread, milliseconds, goal)),
        remarks: [
          `The proxy was asked every ${POLL_MS} ms: its times may be too long by as much. Errors not the app's: ${foreign.count}.`,
        ],
      },
    ],
    figures: {
      rollbacks: timings.length,
      foreignErrors: foreign.count,
      goalMs: GOAL_MS,
      ...Object.fromEntries(spreads.map(({ key, spread }) => [`${key}Ms`, spread])),
      raw: measured.map(({ rollback, timing }) => ({
        namespace: rollback.namespace,
        version: rollback.version,
        ...timing,
      })),
    },
    wrong: [
      ...measured.flatMap(({ rollback }) => rollback.wrong),
      ...measured.flatMap(({ problem }) => problem ?? []),
      ...foreignProblems(foreign),
      ...(measured.length === runs ? [] : [`${measured.length} of ${runs} rollbacks took place`]),
    ],
  }
}

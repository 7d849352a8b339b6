import type { Command } from '@commander-js/extra-typings'
import type { Shell } from '../shell.ts'
import { addBacktest } from './analyze/backtest.ts'
import { addExplain } from './analyze/explain.ts'
import { addPlan } from './analyze/plan.ts'

/** Adds `sluice analyze` with its commands. */
export function addAnalyze(program: Command, shell: Shell): void {
  const analyze = program
    .command('analyze')
    .summary('what the analysis can find, would have found, and has found')
    .description(
      'Tell what the analysis can find, what it would have decided in the past, and why it decided as it did.',
    )
  addPlan(analyze, shell)
  addBacktest(analyze, shell)
  addExplain(analyze, shell)
}

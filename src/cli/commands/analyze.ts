import type { Command } from '@commander-js/extra-typings'
import type { Shell } from '../shell.ts'
import { addBacktest } from './analyze/backtest.ts'
import { addPlan } from './analyze/plan.ts'

/** Adds `sluice analyze` with its commands. */
export function addAnalyze(program: Command, shell: Shell): void {
  const analyze = program
    .command('analyze')
    .summary('what the analysis can and cannot find, from your own metrics')
    .description('Tell what the analysis can and cannot find, from the metrics that Prometheus has already.')
  addPlan(analyze, shell)
  addBacktest(analyze, shell)
}

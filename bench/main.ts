import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { projectRoot } from '../sandbox/env.ts'
import { createProgress } from '../sandbox/progress.ts'
import { tableText } from './benchmark.ts'
import type { Outcome } from './benchmark.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { machine } from './machine.ts'
import { runInSandbox } from './run.ts'

const ownState = join(projectRoot, '.sandbox', 'bench')

const stateOption = new Option('--state <dir>', 'folder of the sandbox, which is started anew').default(
  ownState,
  '.sandbox/bench',
)

const program = new Command('bench')
  .description('Measures Sluice on a real mesh on this machine. Without NAME all benchmarks run.')
  .addArgument(new Argument('[name]', 'what to measure').choices(BENCHMARKS.map(({ name }) => name)))
  .option('--json <file>', 'write the figures to a file')
  .option('--runs <number>', 'rollbacks of "reaction"', count, 30)
  .option('--releases <number>', 'releases at once of "load"', count, 50)
  .option('--idle <seconds>', 'idle time that "load" compares with', count, 60)
  .option('--keep', 'leave the last sandbox up')
  .addOption(stateOption)
  .addHelpText('after', () => `\nBenchmarks:\n${BENCHMARKS.map(helpLine).join('\n')}`)
  .addHelpText('after', '\nThe exit status is 1 when something went wrong, not when a time missed its goal.')
  .showHelpAfterError()

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Allowed: a whole number above 0.')
}

function helpLine({ name, about }: (typeof BENCHMARKS)[number]): string {
  return `  ${name.padEnd(12)} ${about}`
}

async function main(): Promise<boolean> {
  const { args } = program.parse()
  const { json, state, runs, releases, idle, keep = false } = program.opts()
  const chosen = BENCHMARKS.filter(({ name }) => args.length === 0 || args.includes(name))
  const progress = createProgress(process.stderr)
  const outcomes = new Map<string, Outcome>()
  const extent = { runs, releases, idleSeconds: idle }
  for (const benchmark of chosen) {
    const last = benchmark === chosen.at(-1)
    const outcome = await runInSandbox(benchmark, extent, { state, progress, keep: keep && last })
    outcomes.set(benchmark.name, outcome)
    console.log(`\n${outcome.tables.map(tableText).join('\n\n')}\n`)
  }
  progress.close()
  if (json !== undefined) writeFiguresTo(json, outcomes)
  return reportWrong(outcomes)
}

function writeFiguresTo(file: string, outcomes: ReadonlyMap<string, Outcome>): void {
  const figures = [...outcomes].map(([name, outcome]) => [name, { ...outcome.figures, wrong: outcome.wrong }])
  writeFileSync(
    file,
    `${JSON.stringify({ machine: machine(), ...Object.fromEntries(figures) }, undefined, 2)}\n`,
  )
}

function reportWrong(outcomes: ReadonlyMap<string, Outcome>): boolean {
  const wrong = [...outcomes].flatMap(([name, outcome]) => outcome.wrong.map((line) => `${name}: ${line}`))
  for (const line of wrong) console.error(`WRONG  ${line}`)
  return wrong.length === 0
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  process.exitCode = 1
}

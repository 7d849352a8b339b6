import { join } from 'node:path'
import { Argument, Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { projectRoot } from '../sandbox/env.ts'
import { createProgress } from '../sandbox/progress.ts'
import { tableText } from './benchmark.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { writeFigures } from './figures.ts'
import { messageOf, runAll } from './run.ts'
import type { Outcomes } from './run.ts'

/** Exit status of a call that is not allowed; 1 says that something went wrong in a benchmark. */
const USAGE = 2
const EXIT_STATUS = `
The exit status is 1 when something went wrong, not when a time missed its goal, and ${USAGE} for a call that is not allowed.`

const ownState = join(projectRoot, '.sandbox', 'bench')

const stateOption = new Option('--state <dir>', 'folder of the sandbox, which is started anew').default(
  ownState,
  '.sandbox/bench',
)

const program = new Command('bench')
  .description('Measures Sluice on a real mesh on this machine. Without NAME all benchmarks run.')
  .addArgument(new Argument('[name]', 'what to measure').choices(BENCHMARKS.map(({ name }) => name)))
  .option('--json <file>', 'write the figures to a file, after each benchmark')
  .option('--runs <number>', 'rollbacks of "reaction"', count, 30)
  .option(
    '--releases <numbers>',
    'releases at once of "release", in rounds (1,50,200); of each kind of "verdicts" (20); that wait in "guard" (200); probes of "faults" (100)',
    counts,
  )
  .option('--most <number>', 'most releases under way that "release" tries', count, 400)
  .option('--kills <number>', 'kills of "release"', count, 30)
  .option('--idle <seconds>', 'idle time that "release" compares with', count, 60)
  .option('--observed <numbers>', 'observed steps of "sampling", in rounds', counts, [100, 1000, 5000])
  .option('--rate <number>', 'requests a second of "availability"', count, 500)
  .option('--simulations <number>', 'simulated releases of each kind of "analysis"', count, 500)
  .option('--keep', 'leave the last sandbox up')
  .addOption(stateOption)
  .addHelpText('after', () => `\nBenchmarks:\n${BENCHMARKS.map(helpLine).join('\n')}`)
  .addHelpText('after', EXIT_STATUS)
  .showHelpAfterError('(--help tells what is allowed)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Allowed: a whole number from 1 to 99999.')
}

function counts(text: string): number[] {
  const numbers = text.split(',').map(count)
  if (numbers.every((number, index) => number > (numbers[index - 1] ?? 0))) return numbers
  throw new InvalidArgumentError('Allowed: whole numbers that ascend, with commas, such as 1,50,200.')
}

function helpLine({ name, about }: (typeof BENCHMARKS)[number]): string {
  return `  ${name.padEnd(12)} ${about}`
}

async function main(): Promise<boolean> {
  const { args } = program.parse()
  const { json, state, idle, releases, keep = false, ...extents } = program.opts()
  const chosen = BENCHMARKS.filter(({ name }) => args.length === 0 || args.includes(name))
  if (json !== undefined) beginFigures(json)
  const progress = createProgress(process.stderr)
  const extent = { ...extents, releases, idleSeconds: idle }
  try {
    const outcomes = await runAll(chosen, extent, { state, progress, keep }, ({ tables }, all) => {
      if (tables.length > 0) console.log(`\n${tables.map(tableText).join('\n\n')}\n`)
      if (json !== undefined) writeFigures(json, all)
    })
    return reportWrong(outcomes)
  } finally {
    progress.close()
  }
}

// A file that can't be written is found before anything is measured.
function beginFigures(file: string): void {
  try {
    writeFigures(file, new Map())
  } catch (error) {
    program.error(`error: option '--json <file>': ${messageOf(error)}. Allowed: a file that can be written.`)
  }
}

function reportWrong(outcomes: Outcomes): boolean {
  const wrong = [...outcomes].flatMap(([name, outcome]) => outcome.wrong.map((line) => `${name}: ${line}`))
  for (const line of wrong) console.error(`WRONG  ${line}`)
  return wrong.length === 0
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(`bench: ${messageOf(error)}`)
  process.exitCode = 1
}

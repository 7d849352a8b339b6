import { join } from 'node:path'
import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { down } from '../../sandbox/down.ts'
import { projectRoot } from '../../sandbox/env.ts'
import { chosenSeed } from '../../sandbox/kit/chance.ts'
import { createProgress } from '../../sandbox/progress.ts'
import { up } from '../../sandbox/up.ts'
import { soakText } from './report.ts'
import { soak } from './soak.ts'

const DEFAULT_MINUTES = 10
const USAGE = 2

const program = new Command('soak')
  .description(
    'Releases on a real mesh under kills, outages, foreign writes and whatever else a bad day has. The same seed does the same things in the same order.',
  )
  .option('--minutes <number>', `how long (default: ${DEFAULT_MINUTES}, unless --releases is given)`, count)
  .option('--releases <number>', 'how many releases, in whole rounds of three', count)
  .option(
    '--seed <number>',
    'what is tried, and in which order (default: $SLUICE_SEED, else a new one)',
    chosen,
  )
  .option('--keep', 'leave the sandbox up')
  .option('--state <dir>', 'folder of the sandbox, which is started anew (default: .sandbox/soak)')
  .addHelpText(
    'after',
    `\nThe exit status is 1 when something is wrong, and ${USAGE} for a call that is not allowed.`,
  )
  .showHelpAfterError('(--help tells what is allowed)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Allowed: a whole number from 1 to 99999.')
}

function chosen(text: string): number {
  try {
    return chosenSeed(text)
  } catch {
    throw new InvalidArgumentError('Allowed: a whole number of up to nine digits.')
  }
}

async function main(): Promise<boolean> {
  program.parse()
  const { releases, keep = false, seed = chosenSeed(), ...options } = program.opts()
  const state = options.state ?? join(projectRoot, '.sandbox', 'soak')
  const minutes = options.minutes ?? (releases === undefined ? DEFAULT_MINUTES : undefined)
  const progress = createProgress(process.stderr)
  await down({ state })
  try {
    const env = await up({ state, progress })
    progress.line(`SLUICE_SEED=${seed}`)
    const report = await soak(env, { seed, releases, minutes }, ({ at, namespace, text }) => {
      progress.line(`${new Date(at).toISOString().slice(11, 19)}  ${namespace ?? ''}  ${text}`)
    })
    console.log(soakText(report))
    return report.problems.length === 0
  } finally {
    if (keep) progress.line(`the sandbox stays up: npm run sandbox -- status --state ${state}`)
    else await down({ state })
    progress.close()
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

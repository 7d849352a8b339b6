import { join } from 'node:path'
import { Command, Option } from '@commander-js/extra-typings'
import { down } from '../down.ts'
import { projectRoot } from '../env.ts'
import { parseRate } from '../load/command.ts'
import { createProgress } from '../progress.ts'
import { up } from '../up.ts'
import { DEMO_CASES } from './cases.ts'
import { runDemo } from './demo.ts'
import { exitStatus } from './judge.ts'
import { keepLoad, whereToLook } from './kept.ts'
import { reportText } from './report.ts'
import { createScreen } from './screen.ts'
import type { Screen } from './screen.ts'

// Its own: it is started anew, and nobody's work in the usual sandbox may be lost.
const ownState = join(projectRoot, '.sandbox', 'demo')

const rateOption = new Option('--rate <number>', 'requests a second through the gateway')
  .argParser(parseRate)
  .default(600)
const stateOption = new Option('--state <dir>', 'folder of the sandbox, which is started anew').default(
  ownState,
  '.sandbox/demo',
)

const program = new Command('demo')
  .description(
    'Releases of six versions of a service, good and bad, and a forgotten fault, on a real mesh on this machine.',
  )
  .option('--keep', 'leave the sandbox up, with Sluice and the load, and say where to look')
  .addOption(rateOption)
  .addOption(stateOption)
  .addHelpText('after', '\nThe exit status is 0 only if every release ended as expected.')
  .showHelpAfterError('(--help tells what is allowed)')

async function main(): Promise<number> {
  const { keep = false, rate, state } = program.parse().opts()
  const progress = createProgress(process.stderr)
  const screen = createScreen(process.stdout)
  if (!keep) takeDownWhenInterrupted(state, screen)
  try {
    await down({ state, progress })
    const env = await up({ state, progress })
    progress.close()
    const place = { namespace: 'shop', rate }
    const reports = await runDemo(env, { ...place, keep }, screen)
    if (keep) await keepLoad(env, place)
    console.log(`\n${reportText(DEMO_CASES, reports)}\n`)
    if (keep) console.log(`${whereToLook(env, place)}\n`)
    return exitStatus(DEMO_CASES, reports)
  } finally {
    progress.close()
    if (!keep) await down({ state })
  }
}

/** What was started is ended, too, when somebody has seen enough. */
function takeDownWhenInterrupted(state: string, screen: Screen): void {
  let isFirst = true
  const interrupted = async () => {
    if (!isFirst) return
    isFirst = false
    screen.close()
    console.error('\ninterrupted: taking the sandbox down')
    await down({ state })
    process.exit(130)
  }
  process.on('SIGINT', () => void interrupted())
  process.on('SIGTERM', () => void interrupted())
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

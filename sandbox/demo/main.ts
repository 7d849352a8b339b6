import { Command } from '@commander-js/extra-typings'
import { down } from '../down.ts'
import { createProgress } from '../progress.ts'
import { up } from '../up.ts'
import type { SandboxEnv } from '../env.ts'
import { runDemo } from './demo.ts'
import type { CaseReport } from './run-case.ts'
import { createScreen, reportTable } from './screen.ts'

const DEFAULT_RATE = '600'

const program = new Command('demo')
  .description('Releases of four versions of a service, good and bad, on a real mesh on this machine.')
  .option('--keep', 'leave the sandbox up and say where to look')
  .option('--rate <number>', 'requests a second through the gateway', DEFAULT_RATE)
  .option('--state <dir>', 'folder of the sandbox (default: $SLUICE_SANDBOX, else .sandbox)')
  .showHelpAfterError()

async function main(): Promise<boolean> {
  const { keep, rate, state } = program.parse().opts()
  const folder = state === undefined ? {} : { state }
  const ratePerSecond = positive(rate)
  const progress = createProgress(process.stderr)
  if (!keep) takeDownWhenInterrupted(folder)
  try {
    await down({ ...folder, progress })
    const env = await up({ ...folder, progress })
    progress.close()
    const reports = await runDemo(
      env,
      { namespace: 'shop', rate: ratePerSecond },
      createScreen(process.stdout),
    )
    console.log(`\n${reportTable(reports)}\n`)
    if (keep) console.log(whereToLook(env))
    return isAsExpected(reports)
  } finally {
    progress.close()
    if (!keep) await down(folder)
  }
}

/** What was started is ended, too, when somebody has seen enough. */
function takeDownWhenInterrupted(folder: { state?: string }): void {
  let isFirst = true
  const interrupted = async () => {
    if (!isFirst) return
    isFirst = false
    console.error('\ninterrupted: taking the sandbox down')
    await down(folder)
    process.exit(130)
  }
  process.on('SIGINT', () => void interrupted())
  process.on('SIGTERM', () => void interrupted())
}

function positive(text: string): number {
  const rate = Number(text)
  if (Number.isFinite(rate) && rate > 0) return rate
  throw new Error(`--rate: found "${text}", allowed: a number above 0`)
}

function isAsExpected(reports: readonly CaseReport[]): boolean {
  const asExpected = reports.every(({ problems }) => problems.length === 0)
  console.log(asExpected ? 'All as expected.' : 'NOT as expected; see above.')
  return asExpected
}

function whereToLook(env: SandboxEnv): string {
  return [
    'The sandbox stays up:',
    `  kubectl --kubeconfig ${env.kubeconfig} -n shop get slr,virtualservice,destinationrule,pods`,
    `  npm run sluice -- watch reviews -n shop --kubeconfig ${env.kubeconfig}`,
    `  Temporal    ${env.temporalUi}`,
    `  Prometheus  ${env.prometheus}`,
    `  Logs        ${env.state}/logs`,
    '  npm run sandbox -- down   ends it',
  ].join('\n')
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

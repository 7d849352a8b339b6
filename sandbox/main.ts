import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { killPart, restartPart } from './control.ts'
import { down } from './down.ts'
import type { SandboxEnv } from './env.ts'
import { describeExisting } from './existing/describe.ts'
import { upOnExisting } from './existing/up.ts'
import { loadCommand } from './load/command.ts'
import { logNames, printLog } from './logs.ts'
import { createProgress, type Progress } from './progress.ts'
import { status } from './status.ts'
import { statusTable } from './status-table.ts'
import { up } from './up.ts'
import type { UpOptions } from './up.ts'

const stateFlag = [
  '--state <dir>',
  'folder of the sandbox (default: $SLUICE_SANDBOX, else .sandbox)',
] as const

const program = new Command('sandbox')
  .description('A real Istio mesh with Prometheus and Temporal on this machine, without containers.')
  .showHelpAfterError('(--help tells what is allowed)')

program
  .command('up')
  .description(
    'Start the sandbox, or what is missing of it. The first time it builds the programs: 10 to 20 minutes on two cores.',
  )
  .option(...stateFlag)
  .option(
    '--kubeconfig <file>',
    'use the cluster that this file leads to, with its Istio, instead of a new one',
  )
  .option('--context <name>', 'of the kubeconfig (default: its current one)')
  .option('--prometheus <url>', 'use this one, which has the metrics of that mesh')
  .option('--demo <namespace>', 'make this namespace there, with a service in two versions and its Rollout')
  .option('--demo-image <image>', 'for its pods: HTTP at port 9080, 200 at /healthz')
  .action(async ({ state, kubeconfig, ...there }) => {
    const text = await withProgress(async (progress) => {
      if (kubeconfig === undefined) return describe(await upAlone({ ...folder(state), progress }, there))
      return describeExisting(await upOnExisting({ ...folder(state), kubeconfig, ...there, progress }))
    })
    console.log(text)
  })

program
  .command('down')
  .description('End every process of the sandbox and remove its data. Logs stay.')
  .option(...stateFlag)
  .action(({ state }) => withProgress((progress) => down({ ...folder(state), progress })))

program
  .command('status')
  .description('Show the parts and how they are. Exit code 0 only if all are healthy.')
  .option(...stateFlag)
  .option('--json', 'print JSON')
  .action(async ({ state, json }) => {
    const found = await status(state)
    console.log(json ? JSON.stringify(found, null, 2) : statusTable(found, Date.now()))
    process.exitCode = found.healthy ? 0 : 1
  })

program
  .command('logs')
  .argument('[name]', 'whose log, as "status" names it; without it all names are listed')
  .description('Print the log of a part, a pod, or whatever else ran in the sandbox; also after its end.')
  .option('-f, --follow', 'go on with what is appended, until Ctrl-C')
  .option('-n, --lines <number>', 'only the last so many lines', parseLines)
  .option(...stateFlag)
  .action(async (name, { state, ...options }) => {
    if (name === undefined) console.log(logNames(state).join('\n'))
    else await printLog(name, { ...folder(state), ...options })
  })

program
  .command('kill')
  .argument('<part>', 'as "status" names it')
  .description('Kill a part (kill -9), to see what the others make of it.')
  .option(...stateFlag)
  .action(async (part, { state }) => {
    await killPart(part, 'SIGKILL', state)
    console.log(`${part} is dead; bring it back with "npm run sandbox -- start ${part}${again(state)}"`)
  })

program
  .command('start')
  .argument('<part>', 'as "status" names it')
  .description(
    'Start a part with its ports and data, ending it before if it runs. Pods restart with the agent.',
  )
  .option(...stateFlag)
  .action(async (part, { state }) => {
    await restartPart(part, state)
    console.log(`${part} runs; its log: npm run sandbox -- logs ${part}${again(state)}`)
  })

program.addCommand(loadCommand())

async function upAlone(options: UpOptions, there: object): Promise<SandboxEnv> {
  const [flag] = Object.keys(there)
  if (flag === undefined) return up(options)
  throw new Error(
    `--${flag === 'demoImage' ? 'demo-image' : flag} needs --kubeconfig: it is about an existing cluster`,
  )
}

async function withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = createProgress(process.stderr)
  try {
    return await work(progress)
  } finally {
    progress.close()
  }
}

function parseLines(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Allowed: a whole number of lines, such as 50.')
  return Number(text)
}

/** The flag with which another command means the same sandbox. */
function again(state: string | undefined): string {
  return state === undefined ? '' : ` --state ${state}`
}

function folder(state: string | undefined): { state?: string } {
  return state === undefined ? {} : { state }
}

function describe(env: SandboxEnv): string {
  const { auditLog: _log, envoyBinary: _binary, istiodXds: _xds, ...shown } = env
  const endpoints = Object.entries(shown).map(([name, value]) => `  ${name.padEnd(12)} ${value}`)
  return [
    '\nThe sandbox is up (all of this in env.json of its folder):',
    ...endpoints,
    '\nTry:',
    `  export KUBECONFIG=${env.kubeconfig}; kubectl get gateways,namespaces -A`,
    '  npm run sandbox -- load --help',
  ].join('\n')
}

try {
  await program.parseAsync()
} catch (error) {
  console.error(`error: ${(error as Error).message}`)
  process.exitCode = 1
}

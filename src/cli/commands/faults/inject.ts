import type { Command } from '@commander-js/extra-typings'
import { injectFor } from '../../faults/inject.ts'
import type { Outcome } from '../../faults/stand.ts'
import { parseAnswer, parseDelay, parsePercent, parseStanding } from '../../faults/what.ts'
import { CONTEXT, KUBECONFIG, NAMESPACE, YES } from '../../options.ts'
import type { Shell } from '../../shell.ts'

const HELP = `
Only calls that pods of one version make meet the fault: it is put in front of
the routes of the dependency's VirtualService, in copies of them. Where there is
none, one is made, and removed afterwards. Owner and expiry are written with it:
when this command is killed, any running controller of Sluice takes it out 2 s
after its time. The command waits, and takes it out at the end and at Ctrl-C.

Exit codes:
  0    it stood for its time, and is out
  1    it was gone before, or you said no
  3    it was refused, or could not be taken out
  130  interrupted; it is out

Examples:
  sluice faults inject reviews --dependency ratings --abort 503 --duration 30s
  sluice faults inject reviews --dependency ratings --delay 2s --percent 50 \\
    --duration 1m --version v1 --reason "does the timeout hold?"
  sluice faults inject --dependency api.example.com --abort UNAVAILABLE \\
    --duration 10s`

const EXIT_CODES: Readonly<Record<Outcome, number>> = { Over: 0, GoneBefore: 1, Interrupted: 130 }

/** Adds `sluice faults inject`. */
export function addInject(faults: Command, shell: Shell): void {
  faults
    .command('inject')
    .summary('let calls of a version meet a fault for a time')
    .description('Let the calls of one version to a dependency meet a fault for a time.')
    .argument('[rollout]', 'Rollout whose pods call (default: the only one of the namespace)')
    .requiredOption('--dependency <host>', 'Service of the namespace, or full host, that they call')
    .requiredOption('--duration <time>', 'how long it stands, such as 30s; at most 10m', parseStanding)
    .option('--abort <status>', 'they get this HTTP status, or gRPC status such as UNAVAILABLE', parseAnswer)
    .option('--delay <time>', 'they wait so long, such as 2s; at most 1m', parseDelay)
    .option('--percent <number>', 'so many of their calls in a hundred', parsePercent, 100)
    .option('--version <version>', 'whose calls (default: the canary of the release under way)')
    .option('--reason <text>', 'why, for people who find it')
    .addOption(YES)
    .addOption(NAMESPACE)
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (rollout, { yes = false, ...options }) => {
      const outcome = await injectFor(shell, await shell.open(options), { ...options, rollout, yes })
      shell.exit(outcome === undefined ? 1 : EXIT_CODES[outcome])
    })
}

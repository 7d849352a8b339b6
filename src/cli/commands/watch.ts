import type { Command } from '@commander-js/extra-typings'
import { CONTEXT, KUBECONFIG, NAMESPACE } from '../options.ts'
import type { Shell } from '../shell.ts'
import { screenOf } from '../watch/screens.ts'
import { watchRollout } from '../watch/watch.ts'
import type { Ending } from '../watch/watch.ts'

const HELP = `
Ends by itself when the release has ended, with an exit code for scripts:
  0  users have the version wanted
  1  the release was rolled back or is stalled, or the Rollout was deleted
  3  it could not be watched

Where the output is no terminal, as in a CI job: a line for each change.

Examples:
  sluice watch reviews -n shop
  sluice watch reviews --follow    also the releases after this one`

const EXIT_CODES: Readonly<Record<Ending, number>> = { Succeeded: 0, Failed: 1, Deleted: 1, Interrupted: 130 }

/** Adds `sluice watch`. */
export function addWatch(program: Command, shell: Shell): void {
  program
    .command('watch')
    .summary('watch a release live')
    .description(
      'Watch a release live: weight, step, verdicts with their evidence, events and past releases.',
    )
    .argument('<name>', 'name of the Rollout')
    .addOption(NAMESPACE)
    .option('-f, --follow', 'go on when the release has ended')
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (name, options) => {
      const cluster = await shell.open(options)
      const { namespace } = cluster
      const watching = { follow: options.follow === true, interrupted: shell.interruption() }
      const ending = await watchRollout(cluster, { namespace, name }, screenOf(shell), watching)
      if (ending === 'Deleted') shell.note(`Rollout ${name} in namespace ${namespace} was deleted.`)
      shell.exit(EXIT_CODES[ending])
    })
}

import { Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { FORMATS, listFaults } from '../../faults/list.ts'
import { CONTEXT, KUBECONFIG } from '../../options.ts'
import type { Shell } from '../../shell.ts'

const HELP = `
Faults of Sluice have an owner and an expiry; what should be gone by then stands
out. All others are foreign: OWNER is who wrote the routes last, as the managed
fields tell, and AGE (≥) how long ago, so the fault may be older.

Examples:
  sluice faults                of all namespaces
  sluice faults -n shop -o wide
  sluice faults -o json        for scripts`

/** Adds `sluice faults list`, which is `sluice faults`. */
export function addList(faults: Command, shell: Shell): void {
  faults
    .command('list', { isDefault: true })
    .summary('list the faults that stand (default)')
    .description('List the faults that stand in VirtualServices: what they do, whose they are, until when.')
    .option('-n, --namespace <name>', 'only VirtualServices of this namespace (default: all)')
    .addOption(new Option('-A, --all-namespaces', 'of all namespaces, as without it').conflicts('namespace'))
    .addOption(new Option('-o, --output <format>', 'instead of the short table').choices(FORMATS))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (options) => {
      const cluster = await shell.open(options)
      await listFaults(shell, cluster, { namespace: options.namespace, format: options.output })
    })
}

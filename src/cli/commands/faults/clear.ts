import type { Command } from '@commander-js/extra-typings'
import { clearIn } from '../../faults/clear.ts'
import { CONTEXT, KUBECONFIG, YES } from '../../options.ts'
import type { Shell } from '../../shell.ts'

const HELP = `
Faults of Sluice go at once; a release that wanted them notices. Of others the
field "fault" is taken out of their routes when you say so, and nothing else.

Exit codes:
  0  no fault is left
  1  some are left: you said no, nobody could be asked, or somebody keeps them
     (annotation sluice.dev/keep-fault)
  3  it could not be done

Examples:
  sluice faults clear shop/ratings
  sluice faults clear ratings -n shop --yes`

/** Adds `sluice faults clear`. */
export function addClear(faults: Command, shell: Shell): void {
  faults
    .command('clear')
    .summary('take the faults out of a VirtualService')
    .description('Take the faults out of a VirtualService: those of Sluice at once, others when you say so.')
    .argument('<name>', 'VirtualService, or namespace/VirtualService')
    .option('-n, --namespace <name>', "namespace of the VirtualService (default: the context's namespace)")
    .addOption(YES)
    .option('--force', 'also faults that somebody keeps by annotation')
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (name, options) => {
      const { yes = false, force = false } = options
      const isClear = await clearIn(shell, await shell.open(options), { name, yes, force })
      shell.exit(isClear ? 0 : 1)
    })
}

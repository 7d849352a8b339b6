import type { Command } from '@commander-js/extra-typings'
import type { Shell } from '../shell.ts'
import { addClear } from './faults/clear.ts'
import { addInject } from './faults/inject.ts'
import { addList } from './faults/list.ts'

const EXAMPLES = `
Examples:
  sluice faults                       what stands in the mesh, and whose it is
  sluice faults clear shop/ratings    take it out
  sluice faults inject reviews --dependency ratings --abort 503 --duration 30s`

/** Adds `sluice faults` with its commands; alone it lists. */
export function addFaults(program: Command, shell: Shell): void {
  const faults = program
    .command('faults')
    .summary('faults in VirtualServices: list, clear, inject')
    .description('List the faults that stand in VirtualServices, take them out, or inject one for a time.')
    .addHelpText('after', EXAMPLES)
  addList(faults, shell)
  addClear(faults, shell)
  addInject(faults, shell)
}

import { Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import type { FoundRollout } from '../../ports-views.ts'
import { named } from '../find.ts'
import { CONTEXT, KUBECONFIG, NAMESPACE } from '../options.ts'
import { columnsOf } from '../shell.ts'
import type { Cluster, Shell } from '../shell.ts'
import { renderTable } from '../view/table.ts'

const FORMATS = ['wide', 'json', 'yaml'] as const
type Format = (typeof FORMATS)[number]

const EXAMPLES = `
Examples:
  sluice get                    Rollouts of the context's namespace
  sluice get -A -o wide         all Rollouts, with what is and what comes next
  sluice get reviews -o yaml    the object itself`

/** Adds `sluice get`. */
export function addGet(program: Command, shell: Shell): void {
  program
    .command('get')
    .summary('list Rollouts, or show one')
    .description('List Rollouts, or show one: what users have, what is wanted, and how far the release is.')
    .argument('[name]', 'name of a Rollout (default: all)')
    .addOption(NAMESPACE)
    .addOption(new Option('-A, --all-namespaces', 'Rollouts of all namespaces').conflicts('namespace'))
    .addOption(new Option('-o, --output <format>', 'instead of the short table').choices(FORMATS))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', EXAMPLES)
    .action(async (name, options) => {
      const all = options.allNamespaces === true
      await get(shell, await shell.open(options), { name, all, format: options.output })
    })
}

interface Request {
  readonly name: string | undefined
  readonly all: boolean
  readonly format: Format | undefined
}

async function get(shell: Shell, cluster: Cluster, request: Request): Promise<void> {
  const { name, all, format } = request
  const rollouts = await wanted(cluster, request)
  if (format === 'json' || format === 'yaml') {
    const [only] = rollouts
    writeManifest(shell, format, name !== undefined && only ? only.manifest : listOf(rollouts))
  } else if (rollouts.length > 0) writeTable(shell, rollouts, request)
  else shell.note(all ? 'There are no Rollouts.' : `There are no Rollouts in namespace ${cluster.namespace}.`)
}

async function wanted({ namespace, viewer }: Cluster, request: Request): Promise<readonly FoundRollout[]> {
  const { name, all } = request
  if (name !== undefined && all) throw new Error('a name and --all-namespaces exclude each other: use -n')
  const found = inOrder(await viewer.list(all ? undefined : namespace))
  return name === undefined ? found : [named(found, { namespace, name })]
}

/** Quotes what readers of YAML 1.1 would take for a time or a truth value. */
const YAML = { version: '1.1' } as const

function writeManifest({ output }: Shell, format: 'json' | 'yaml', manifest: object): void {
  output.write(format === 'json' ? `${JSON.stringify(manifest, undefined, 2)}\n` : stringify(manifest, YAML))
}

function writeTable(shell: Shell, rollouts: readonly FoundRollout[], { all, format }: Request): void {
  const { output, color } = shell
  const options = { namespaces: all, messages: format === 'wide', width: columnsOf(output), color }
  output.write(`${renderTable(rollouts, { ...options, now: shell.now() }).join('\n')}\n`)
}

function inOrder(rollouts: readonly FoundRollout[]): readonly FoundRollout[] {
  return rollouts.toSorted(
    ({ meta: a }, { meta: b }) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name),
  )
}

/** As kubectl writes several objects. */
function listOf(rollouts: readonly FoundRollout[]): object {
  return { apiVersion: 'v1', kind: 'List', items: rollouts.map(({ manifest }) => manifest) }
}

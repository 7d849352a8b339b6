import { Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { examine } from '../checking/examine.ts'
import { load } from '../checking/load.ts'
import type { FileOptions, Loaded } from '../checking/load.ts'
import type { Remark } from '../manifests/remarks.ts'
import { CLUSTER, CONTEXT, FILE_NAMESPACE, KUBECONFIG, RECURSIVE } from '../options.ts'
import type { Shell } from '../shell.ts'
import { paintOf } from '../view/paint.ts'
import { remarkLine, summaryLine } from '../view/remarks.ts'

const HELP = `
Checks each Rollout by the rules of the API server, and what it names by those
of the controller: Service, VirtualServices, DestinationRule and workloads. What
neither the files nor a cluster have is not judged; a note says so. Nothing is
ever written, and no Secret is read.

Exit codes:
  0  nothing is wrong; there may be warnings
  1  there are problems
  3  it could not be checked

Examples:
  sluice lint rollout.yaml
  sluice lint deploy/ --cluster        what the folder lacks is in the cluster
  kustomize build . | sluice lint -`

/** Adds `sluice lint`. */
export function addLint(program: Command, shell: Shell): void {
  program
    .command('lint')
    .summary('check Rollouts in files before they are applied')
    .description('Check Rollouts in files, and the objects they name, before they are applied.')
    .argument('<files...>', 'files, folders, or - for the standard input')
    .addOption(CLUSTER)
    .addOption(RECURSIVE)
    .addOption(FILE_NAMESPACE)
    .addOption(new Option('-o, --output <format>', 'instead of a line for each problem').choices(['json']))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (files, options) => {
      const findings = await lint(shell, files, options)
      if (options.output === 'json') writeJson(shell, findings)
      else writeLines(shell, findings)
      if (findings.remarks.some(({ severity }) => severity === 'problem')) shell.exit(1)
    })
}

interface Findings {
  /** How many were checked. */
  readonly rollouts: number
  readonly remarks: readonly Remark[]
  readonly notes: readonly string[]
}

async function lint(shell: Shell, files: readonly string[], options: FileOptions): Promise<Findings> {
  const loaded = await load(shell, files, options)
  const examined = []
  for (const candidate of loaded.candidates) examined.push(await examine(candidate, loaded))
  const remarks = [...loaded.remarks, ...examined.flatMap((one) => one.remarks)]
  const areSome = examined.some(({ foreseen }) => foreseen !== undefined)
  return {
    rollouts: examined.length,
    remarks: remarks.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line),
    notes: [...loaded.notes, ...examined.flatMap((one) => one.notes), ...(areSome ? never(loaded) : [])],
  }
}

/** What is not checked of any Rollout. */
function never({ around }: Loaded): string[] {
  return [
    ...around.notes,
    around.isLive
      ? 'not checked: metrics, which the controller alone asks Prometheus for'
      : 'not checked: pods, which --cluster looks at, and metrics, which the controller alone asks Prometheus for',
  ]
}

function writeJson({ output }: Shell, { rollouts, remarks, notes }: Findings): void {
  const of = (wanted: Remark['severity']) =>
    remarks.flatMap(({ severity, ...remark }) => (severity === wanted ? [remark] : []))
  const found = { rollouts, problems: of('problem'), warnings: of('warning'), notes }
  output.write(`${JSON.stringify(found, undefined, 2)}\n`)
}

function writeLines(shell: Shell, { rollouts, remarks, notes }: Findings): void {
  const paint = paintOf(shell.color)
  for (const remark of remarks) shell.output.write(`${remarkLine(remark, paint)}\n`)
  for (const note of notes) shell.note(note)
  shell.output.write(`${summaryLine(rollouts, remarks, paint)}\n`)
}

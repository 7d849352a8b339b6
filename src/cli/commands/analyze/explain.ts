import { Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { keyOf } from '../../../api/names.ts'
import { looksOf } from '../../../core/analysis/record.ts'
import type { KeptRelease, ReleaseArchive } from '../../../ports-views.ts'
import { endingOf } from '../../explaining/ending.ts'
import { named } from '../../find.ts'
import { CONTEXT, KUBECONFIG, NAMESPACE, TEMPORAL } from '../../options.ts'
import { columnsOf } from '../../shell.ts'
import type { Shell } from '../../shell.ts'
import { explainLines } from '../../view/explain.ts'
import { paintOf } from '../../view/paint.ts'
import { momentText } from '../../view/quantities.ts'
import { plain } from '../../view/text.ts'

const HELP = `
Shows the evidence of a release that is under way or over: each step with its
metrics, and how the evidence for and against the canary grew, look by look.
It comes from the history of the Rollout's workflow, as long as Temporal keeps
that. Nothing is ever written.

Exit codes:
  0  it was shown
  3  it could not be: no such Rollout or release, or Temporal cannot be reached

Examples:
  sluice analyze explain reviews -n shop
  sluice analyze explain reviews --release v2     the last release of v2
  sluice analyze explain reviews -o json`

/** Adds `sluice analyze explain`. */
export function addExplain(analyze: Command, shell: Shell): void {
  analyze
    .command('explain')
    .summary('the evidence of a release, look by look')
    .description('Show the evidence of a release, under way or over, as a chart.')
    .argument('<name>', 'name of the Rollout')
    .addOption(NAMESPACE)
    .option('--release <version>', 'the last release of this version (default: the last one of any)')
    .addOption(TEMPORAL)
    .addOption(new Option('-o, --output <format>', 'instead of a chart').choices(['json']))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (name, options) => {
      const { namespace, viewer } = await shell.open(options)
      const rollout = named(await viewer.list(namespace), { namespace, name })
      const workflow = rollout.status.workflow?.id
      if (workflow === undefined)
        throw new Error(`Rollout ${name} in namespace ${namespace} has had no release yet`)
      const archive = await shell.archive(options.temporal)
      try {
        write(shell, await releaseOf(archive, workflow, options.release), options.output)
      } finally {
        await archive.close()
      }
    })
}

/** Throws an Error that tells which others there are. */
async function releaseOf(
  archive: ReleaseArchive,
  workflow: string,
  version: string | undefined,
): Promise<KeptRelease> {
  const others: KeptRelease[] = []
  for await (const release of archive.releases(workflow)) {
    const isWanted = version === undefined ? release.records.length > 0 : release.state.version === version
    if (isWanted) return release
    others.push(release)
  }
  const [newest] = others
  if (version === undefined && newest !== undefined) return newest
  throw new Error(missing(version, others))
}

function missing(version: string | undefined, others: readonly KeptRelease[]): string {
  const what = version === undefined ? 'any release' : `a release of ${version}`
  const known = others.map(({ state, startedAt }) => `${plain(state.version)} (${momentText(startedAt)})`)
  const rest = known.length === 0 ? 'it forgets them after its retention time' : `it has: ${known.join(', ')}`
  return `Temporal does not keep ${what}; ${rest}`
}

function write(shell: Shell, release: KeptRelease, format: 'json' | undefined): void {
  const { output, color } = shell
  if (format === 'json') output.write(`${JSON.stringify(jsonOf(release), undefined, 2)}\n`)
  else
    output.write(`${explainLines(release, { paint: paintOf(color), width: columnsOf(output) }).join('\n')}\n`)
}

function jsonOf(release: KeptRelease): object {
  const { state, records, startedAt } = release
  const { word, message } = endingOf(release)
  return {
    rollout: keyOf(state.rollout),
    stable: state.stable?.version,
    canary: state.version,
    started: new Date(startedAt).toISOString(),
    ending: word,
    message,
    steps: records.map((record) => ({
      weight: state.plan.steps[record.step]?.weight,
      started: new Date(record.startedAt).toISOString(),
      metrics: Object.entries(record.metrics).map(([metric, kept]) => ({
        metric,
        ...kept.said,
        looks: looksOf(kept).map(({ at, verdict, against, pass, counts, value }) => ({
          seconds: at,
          verdict,
          lnEvidenceAgainst: against,
          lnEvidenceFor: pass,
          value,
          ...(counts && { canary: sideOf(counts[0], counts[1]), stable: sideOf(counts[2], counts[3]) }),
        })),
      })),
    })),
  }
}

function sideOf(requests: number, bad: number): object {
  return { requests, bad }
}

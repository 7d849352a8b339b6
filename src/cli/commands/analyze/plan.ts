import { Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { bucketAnnotation } from '../../../core/analysis/bucket-advice.ts'
import { isTooSlow, largerFirstWeight } from '../../../core/analysis/prospect.ts'
import { adviceOn } from '../../analyzing/advice.ts'
import { Archive } from '../../analyzing/archive.ts'
import { ownMetricsOf } from '../../analyzing/own-metrics.ts'
import { planRelease } from '../../analyzing/plan.ts'
import type { Planned } from '../../analyzing/plan.ts'
import { subjectsIn } from '../../analyzing/subject.ts'
import { CLUSTER, CONTEXT, FILE_NAMESPACE, KUBECONFIG, PROMETHEUS, RECURSIVE } from '../../options.ts'
import { columnsOf } from '../../shell.ts'
import type { Shell } from '../../shell.ts'
import { paintOf } from '../../view/paint.ts'
import { prospectLines } from '../../view/prospect.ts'

const HELP = `
Reads the last day of the service from Prometheus, hour by hour, and says what
a release would need at that traffic: requests and time of each step, the
smallest harm that is found, and what to change. Metrics of your own (query,
counts, http, templateRef) are left out. Nothing is ever written.

Prometheus is that of --prometheus, with headers, tenant and credentials of
SLUICE_PROMETHEUS_HEADERS, _TENANT, _TOKEN_FILE and so on, as the controller
has them. spec.analysis.prometheus of a Rollout is not read.

Exit codes:
  0  each step is decided in time at the usual rate
  1  some step is not, or a Rollout is not valid
  3  it could not be planned: Prometheus cannot be read, or knows nothing

Examples:
  sluice analyze plan rollout.yaml --prometheus http://127.0.0.1:9090
  sluice analyze plan rollout.yaml --cluster -o json`

/** Adds `sluice analyze plan`. */
export function addPlan(analyze: Command, shell: Shell): void {
  analyze
    .command('plan')
    .summary('how much traffic and time a release needs, and what it finds')
    .description('Say how much traffic and time each step of a release needs, and what is found at that.')
    .argument('<files...>', 'files, folders, or - for the standard input')
    .addOption(PROMETHEUS)
    .option('--from <version>', 'the version that users have, if nothing else tells')
    .addOption(CLUSTER)
    .addOption(RECURSIVE)
    .addOption(FILE_NAMESPACE)
    .addOption(new Option('-o, --output <format>', 'instead of tables').choices(['json']))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (files, options) => {
      const subjects = await subjectsIn(shell, files, options)
      const metrics = await shell.metrics(options.prometheus)
      const planned: Planned[] = []
      for (const subject of subjects) {
        shell.note(`reading the last 24h of ${subject.host} from ${metrics.url}`)
        planned.push(await planRelease(subject, new Archive(metrics, subject), shell.now()))
      }
      if (options.output === 'json') writeJson(shell, planned)
      else writeLines(shell, planned)
      if (planned.some(({ prospect }) => prospect.steps.some(isTooSlow))) shell.exit(1)
    })
}

function writeLines(shell: Shell, planned: readonly Planned[]): void {
  const options = { paint: paintOf(shell.color), width: columnsOf(shell.output) }
  const blocks = planned.map((one) => prospectLines(one, options).join('\n'))
  if (blocks.length > 0) shell.output.write(`${blocks.join('\n\n')}\n`)
}

function writeJson({ output }: Shell, planned: readonly Planned[]): void {
  // JSON has no infinity: what never comes is null.
  output.write(`${JSON.stringify({ rollouts: planned.map(jsonOf) }, undefined, 2)}\n`)
}

function jsonOf(planned: Planned): object {
  const { subject, stable, habits, prospect, buckets } = planned
  const { outlooks, usual, quietest, busiest, knownMs, pods } = habits
  const larger = largerFirstWeight(subject.plan, habits)
  return {
    rollout: subject.key,
    host: subject.host,
    stable,
    canary: subject.version,
    knownMs,
    requestsPerSecond: { usual, quietest, busiest },
    pods,
    metrics: outlooks.map(({ measure, sides }) => ({ name: measure.name, sides })),
    notForecast: ownMetricsOf(subject.plan),
    steps: prospect.steps,
    total: prospect.total,
    ...(larger !== undefined && { firstWeight: larger }),
    ...(buckets.length > 0 && { buckets, annotation: bucketAnnotation(habits.buckets, buckets) }),
    advice: adviceOn(planned),
  }
}

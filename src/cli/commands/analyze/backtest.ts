import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { DURATION_PATTERN, durationMs } from '../../../api/quantities.ts'
import { Archive } from '../../analyzing/archive.ts'
import { backtest } from '../../analyzing/backtest.ts'
import type { Backtest, Progress } from '../../analyzing/backtest.ts'
import { ownMetricsOf } from '../../analyzing/own-metrics.ts'
import { subjectsIn } from '../../analyzing/subject.ts'
import { CLUSTER, CONTEXT, FILE_NAMESPACE, KUBECONFIG, PROMETHEUS, RECURSIVE } from '../../options.ts'
import { columnsOf } from '../../shell.ts'
import type { Shell } from '../../shell.ts'
import { backtestLines } from '../../view/backtest.ts'
import { paintOf } from '../../view/paint.ts'
import type { Playback } from '../../../core/analysis/replay.ts'

const DAY_MS = 86_400_000
/** A count of days, then what is left. */
const TIME = /^(?=.)(?:(\d{1,4})d)?(.*)$/
/** Progress is told in steps of this share. */
const TOLD = 0.1

const HELP = `
Reads the past of the service from Prometheus, hour by hour, and lets the code
that judges releases judge it:
  - a version against itself, window after window: some of its pods (or of its
    callers, where pods have no proxies of their own) are taken for the canary.
    Nothing is wrong with it, so what is rolled back is a false alarm
  - releases: times in which two versions had requests, with the split that
    there was
Metrics of your own (query, counts, http, templateRef) are left out.
Nothing is ever written.

Prometheus is that of --prometheus, with headers, tenant and credentials of
SLUICE_PROMETHEUS_HEADERS, _TENANT, _TOKEN_FILE and so on, as the controller
has them. spec.analysis.prometheus of a Rollout is not read.

Exit codes:
  0  done; false alarms are within falseRollback
  1  there were more of them, or a Rollout is not valid
  3  it could not be done: Prometheus cannot be read, or knows nothing

Examples:
  sluice analyze backtest rollout.yaml --since 14d
  sluice analyze backtest rollout.yaml --since 36h -o json`

/** Adds `sluice analyze backtest`. */
export function addBacktest(analyze: Command, shell: Shell): void {
  analyze
    .command('backtest')
    .summary('what would have been decided in the past')
    .description('Replay the past of a service, and tell what would have been decided.')
    .argument('<files...>', 'files, folders, or - for the standard input')
    .addOption(PROMETHEUS)
    .option('--since <time>', 'how far back, such as 14d, 36h or 1d12h', timeMs, 7 * DAY_MS)
    .addOption(CLUSTER)
    .addOption(RECURSIVE)
    .addOption(FILE_NAMESPACE)
    .addOption(new Option('-o, --output <format>', 'instead of text').choices(['json']))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (files, options) => {
      const subjects = await subjectsIn(shell, files, options)
      const metrics = await shell.metrics(options.prometheus)
      const toMs = shell.now()
      const times = { fromMs: toMs - options.since, toMs }
      const found: Backtest[] = []
      for (const subject of subjects) {
        shell.note(`reading ${subject.host} from ${metrics.url}`)
        const archive = new Archive(metrics, subject)
        found.push(await backtest(subject, archive, times, progressOf(shell, subject.key)))
      }
      write(shell, found, options.output)
      if (found.some(hasTooMany)) shell.exit(1)
    })
}

/** Time before now in milliseconds. */
function timeMs(text: string): number {
  const [, days = '0', rest = ''] = TIME.exec(text) ?? []
  const isValid = text !== '' && (rest === '' || DURATION_PATTERN.test(rest))
  const ms = isValid ? Number(days) * DAY_MS + (rest === '' ? 0 : durationMs(rest)) : 0
  if (ms <= 0) throw new InvalidArgumentError('It must be a time such as 14d, 36h or 1d12h.')
  return ms
}

function progressOf(shell: Shell, key: string): Progress {
  const told = new Map<string, number>()
  return (done, what) => {
    const part = Math.floor(done / TOLD)
    if (part <= (told.get(what) ?? 0)) return
    told.set(what, part)
    shell.note(`${key}: ${what === 'searching' ? 'searched' : 'replayed'} ${Math.round(part * TOLD * 100)} %`)
  }
}

function hasTooMany({ twins, subject }: Backtest): boolean {
  const failed = twins.filter(({ playback }) => playback.ending === 'RolledBack').length
  return failed > twins.length * subject.plan.falseRollback
}

function write(shell: Shell, found: readonly Backtest[], format: 'json' | undefined): void {
  if (format === 'json') {
    shell.output.write(`${JSON.stringify({ rollouts: found.map(jsonOf) }, undefined, 2)}\n`)
    return
  }
  const options = { paint: paintOf(shell.color), width: columnsOf(shell.output) }
  const blocks = found.map((one) => backtestLines(one, options).join('\n'))
  if (blocks.length > 0) shell.output.write(`${blocks.join('\n\n')}\n`)
}

function jsonOf({ subject, fromMs, toMs, twins, indivisible, releases }: Backtest): object {
  const [from, to] = [timeText(fromMs), timeText(toMs)]
  return {
    rollout: subject.key,
    from,
    to,
    itself: twins.map(({ version, by, playback }) => ({
      version,
      by,
      ...playedJson(playback, subject.plan),
    })),
    indivisible,
    notReplayed: ownMetricsOf(subject.plan),
    releases: releases.map(({ span: { stable, canary }, playback }) => ({
      stable,
      canary,
      ...playedJson(playback, subject.plan),
    })),
  }
}

function playedJson(playback: Playback, { steps }: Backtest['subject']['plan']): object {
  const { startedMs, endedMs = startedMs, ending, step, passedMs, judgement } = playback
  return {
    started: timeText(startedMs),
    ended: timeText(endedMs),
    ending,
    weight: steps[step]?.weight,
    passed: passedMs.map(timeText),
    metrics: judgement?.metrics,
    cause: judgement?.cause,
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

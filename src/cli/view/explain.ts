import { accusersOf } from '../../core/analysis/evidence.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import { looksOf } from '../../core/analysis/record.ts'
import type { KeptLook, KeptMetric, StepRecord } from '../../core/analysis/record.ts'
import { DEFAULT_LEVELS } from '../../core/analysis/verdict.ts'
import type { Verdict } from '../../core/analysis/verdict.ts'
import type { KeptRelease } from '../../ports-views.ts'
import { keyOf } from '../../api/names.ts'
import { endingOf } from '../explaining/ending.ts'
import type { KeptEnding } from '../explaining/ending.ts'
import { chartLines } from './chart.ts'
import type { Chart } from './chart.ts'
import { brushOfVerdict } from './paint.ts'
import type { Paint } from './paint.ts'
import { momentText } from './quantities.ts'
import { ageText, padded, plain, wrapped } from './text.ts'

interface Options {
  readonly paint: Paint
  /** Columns of the terminal; undefined: lines may be as long as they like. */
  readonly width: number | undefined
}

const INDENT = 4
const SIZE = { columns: 60, rows: 6, labelColumns: 13 }
const LEAST_COLUMNS = 20
/** What stands beside the drawing of a chart. */
const BESIDE = INDENT + SIZE.labelColumns + 2 + ' rolled back from here'.length
/** Evidence (natural logarithm) that would not be seen in a chart. */
const FLAT = 0.5

const AXIS: Readonly<Record<Verdict, string>> = {
  Pass: '━',
  Fail: '━',
  Unsure: '─',
  NoData: '·',
  ProviderError: '·',
}

/** How a release went: each step with its metrics, and how the evidence grew. */
export function explainLines(release: KeptRelease, options: Options): string[] {
  const steps = release.records.flatMap((record) => ['', ...stepLines(release, record, options)])
  const none = ['', 'No look of it is kept: it was not observed, or ended before its first look.']
  return [...headLines(release, options), ...(steps.length === 0 ? none : [...steps, '', ...legend(options)])]
}

function headLines(release: KeptRelease, { paint, width = Infinity }: Options): string[] {
  const { state, startedAt } = release
  const from = state.stable === undefined ? '' : `${paint.stable(plain(state.stable.version))} → `
  const ending = endingOf(release)
  const title = `${paint.strong(plain(keyOf(state.rollout)))}  ${from}${paint.canary(plain(state.version))}`
  const head = `${title}  ${brushOf(paint, ending)(ending.word)}  ${momentText(startedAt)}`
  return [head, ...wrapped(ending.message ?? '', width - 2).map((line) => `  ${line}`)]
}

function brushOf(paint: Paint, { isGood }: KeptEnding) {
  return isGood === undefined ? paint.busy : isGood ? paint.good : paint.bad
}

function stepLines({ state }: KeptRelease, record: StepRecord, options: Options): string[] {
  const { steps, metrics } = state.plan
  const { paint } = options
  const title = `${steps[record.step]?.weight ?? 100} %`
  const measures = measuresOf(metrics)
  const thresholds = thresholdsOf(measures, state.plan)
  const blocks = measures.flatMap((measure) => {
    const kept = record.metrics[measure.name]
    return kept === undefined ? [] : metricLines({ measure, kept, thresholds }, options)
  })
  return [`${paint.strong(title)}  ${momentText(record.startedAt)}`, ...blocks]
}

/** Evidence (natural logarithms) at which a metric alone takes a release back, and at which it lets a step pass. */
interface Thresholds {
  readonly fail: number
  readonly pass: number
}

function thresholdsOf(measures: readonly Measure[], plan: KeptRelease['state']['plan']): Thresholds {
  const { falseRollback, falsePromotion = DEFAULT_LEVELS.beta } = plan
  return {
    fail: Math.log(Math.max(1, accusersOf(measures).length) / falseRollback),
    pass: Math.log(1 / falsePromotion),
  }
}

interface Subject {
  readonly measure: Measure
  readonly kept: KeptMetric
  readonly thresholds: Thresholds
}

function metricLines(subject: Subject, options: Options): string[] {
  const { measure, kept } = subject
  const { paint, width = Infinity } = options
  const looks = looksOf(kept)
  const { verdict, limit, evidence } = kept.said
  const head = `  ${brushOfVerdict(paint, verdict)(verdict)}  ${plain(measure.name)}  limit ${plain(limit)}`
  const sentence = wrapped(evidence, width - INDENT).map((line) => paint.faint(line))
  const drawn = measure.kind === 'Number' ? valueLines(looks) : evidenceLines(subject, looks, options)
  return [head, ...[...sentence, ...drawn].map((line) => `${' '.repeat(INDENT)}${line}`)]
}

function valueLines(looks: readonly KeptLook[]): string[] {
  const values = looks.flatMap(({ value }) => value ?? [])
  return values.length === 0 ? [] : [`read: ${values.map((value) => Number(value.toPrecision(4))).join(' ')}`]
}

function evidenceLines(subject: Subject, looks: readonly KeptLook[], options: Options): string[] {
  const most = Math.max(0, ...looks.flatMap(({ against, pass = 0 }) => [against, pass]))
  if (most < FLAT) return []
  const columns = Math.min(SIZE.columns, Math.max(LEAST_COLUMNS, (options.width ?? Infinity) - BESIDE))
  return chartLines(chartOf(subject, looks, options.paint), { ...SIZE, columns })
}

function chartOf({ thresholds }: Subject, looks: readonly KeptLook[], paint: Paint): Chart {
  const longest = Math.max(1, looks.at(-1)?.at ?? 0)
  const passes = looks.flatMap(({ at, pass }) => (pass === undefined ? [] : [[at, pass] as const]))
  const against = looks.map(({ at, against: y }) => [at, y] as const)
  return {
    curves: [
      { mark: '●', brush: paint.bad, points: against },
      { mark: '○', brush: paint.good, points: passes },
    ],
    thresholds: [
      { y: thresholds.fail, label: paint.bad('rolled back from here') },
      ...(passes.length === 0 ? [] : [{ y: thresholds.pass, label: paint.good('passes from here') }]),
    ],
    axisAt: (x) => axisAt(looks, x, paint),
    heightText: oddsText,
    ends: ['0s', ageText(longest * 1000)],
    longest,
    highest: thresholds.fail,
  }
}

function axisAt(looks: readonly KeptLook[], x: number, paint: Paint): string {
  const { verdict } = looks.findLast(({ at }) => at <= x) ?? { verdict: 'Unsure' as const }
  return brushOfVerdict(paint, verdict)(AXIS[verdict])
}

/** `1 in 300`: how seldom chance alone would bring such evidence. */
function oddsText(logE: number): string {
  return `1 in ${Number(Math.exp(logE).toPrecision(2)).toLocaleString('en-US')}`
}

function legend({ paint, width = Infinity }: Options): string[] {
  const text =
    'The height says how seldom such evidence would come by chance. The axis shows the verdict: ━ Pass or Fail, ─ Unsure, · nothing could be seen.'
  const marks = `${paint.bad('●')} against the canary   ${paint.good('○')} for it, where it is compared with stable`
  return [padded(marks, 0), ...wrapped(text, width).map((line) => paint.faint(line))]
}

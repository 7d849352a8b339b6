import { isTooSlow } from '../../core/analysis/prospect.ts'
import type { MeasureProspect, StepProspect } from '../../core/analysis/prospect.ts'
import { adviceOn } from '../analyzing/advice.ts'
import type { Planned } from '../analyzing/plan.ts'
import type { Paint } from './paint.ts'
import { countText, hourText, percentText, rateText } from './quantities.ts'
import { ageText, padded, plain, wrapped } from './text.ts'

const GAP = 3
const SIGN_COLUMNS = 2

interface Options {
  readonly paint: Paint
  /** Columns of the terminal; undefined: lines may be as long as they like. */
  readonly width: number | undefined
}

/** What a release will be like: traffic, stable's habits, steps, what is found, what to change. */
export function prospectLines(planned: Planned, options: Options): string[] {
  const { paint } = options
  return [
    headingOf(planned, paint),
    '',
    ...filled(trafficText(planned), options),
    '',
    ...aligned(habitRows(planned), paint),
    '',
    ...aligned(stepRows(planned), paint),
    '',
    ...findings(planned).flatMap((line) => filled(line, options)),
    ...adviceLines(planned, options),
  ]
}

function headingOf({ subject, stable }: Planned, paint: Paint): string {
  const weights = subject.plan.steps.map(({ weight }) => weight).join(' → ')
  const versions = `${paint.stable(plain(stable))} → ${paint.canary(plain(subject.version))}`
  return `${paint.strong(plain(subject.key))}  ${versions}  ${weights} %`
}

function trafficText({ habits, subject }: Planned): string {
  const { usual, quietest, busiest, knownMs } = habits
  const rates = [
    `usually ${rateText(usual.perSecond)}`,
    `${rateText(quietest.perSecond)} in the quietest hour (from ${hourText(quietest.fromMs)})`,
    `${rateText(busiest.perSecond)} in the busiest (from ${hourText(busiest.fromMs)})`,
  ]
  return `${plain(subject.host)} over ${ageText(knownMs)}: ${rates.join(', ')}`
}

function habitRows({ habits, stable }: Planned): string[][] {
  const rows = habits.outlooks.flatMap(({ measure, sides }) =>
    sides.flatMap(({ reporter, cuts }) =>
      cuts.map(({ at, share, phi }) => [
        plain(measure.name),
        at === undefined ? badWord(measure.kind) : `slower than ${at}ms`,
        percentText(share),
        `φ ${Number(phi.toPrecision(2))}`,
        reporter === 'Source' ? 'callers' : 'pods',
      ]),
    ),
  )
  const pods = habits.pods > 0 ? ` (${habits.pods} pod${habits.pods > 1 ? 's' : ''})` : ''
  return [['METRIC', 'BAD', `${plain(stable)}${pods}`, 'BURSTS', 'COUNTED BY'], ...rows]
}

function badWord(kind: string): string {
  return kind === 'ClientErrorRate' ? '4xx' : 'failed'
}

function stepRows({ prospect }: Planned): string[][] {
  const rows = prospect.steps.map((step) => [
    `${step.weight} %`,
    step.needs === undefined ? 'never' : `${countText(step.needs.requests)} (${plain(step.needs.metric)})`,
    timeText(step.times.usual, step),
    timeText(step.times.quietest, step),
    timeText(step.times.busiest, step),
  ])
  const { usual, quietest, busiest } = prospect.total
  const total = ['all', '', ...[usual, quietest, busiest].map((ms) => timeText(ms))]
  return [['STEP', 'CANARY REQUESTS', 'USUALLY', 'QUIETEST HOUR', 'BUSIEST HOUR'], ...rows, total]
}

/** With a mark where it is longer than the step waits. */
function timeText(ms: number, step?: StepProspect): string {
  if (!Number.isFinite(ms)) return 'never'
  return `${ageText(ms)}${step !== undefined && ms > step.longestMs ? ' !' : ''}`
}

function findings({ prospect }: Planned): string[] {
  return prospect.steps.flatMap((step) => step.measures.flatMap((one) => finding(step, one)))
}

function finding({ weight, longestMs }: StepProspect, measure: MeasureProspect): string[] {
  const { metric, usualShare, smallestFound, example, deadAfterMs, needs } = measure
  if (smallestFound === undefined && deadAfterMs === undefined) {
    // What is only compared with stable has nothing to be held against at 100 %.
    return needs === undefined || needs > 1
      ? [`${weight} %: ${plain(metric)}: in ${ageText(longestMs)} nothing is found`]
      : []
  }
  const soon =
    example === undefined
      ? ''
      : `${percentText(example.share)} bad against ${percentText(usualShare)} is found in about ${ageText(example.afterMs)}; `
  const least =
    smallestFound === undefined
      ? `nothing is found within ${ageText(longestMs)}`
      : `below ${percentText(smallestFound)} nothing is within ${ageText(longestMs)}`
  const dead = deadAfterMs === undefined ? '' : `; a dead canary in ${ageText(deadAfterMs)}`
  return [`${weight} %: ${plain(metric)}: ${soon}${least}${dead}`]
}

function adviceLines(planned: Planned, options: Options): string[] {
  const { paint } = options
  const slow = planned.prospect.steps.filter(isTooSlow).length
  const sign = slow === 0 ? paint.good('✔') : paint.bad('✘')
  const said =
    slow === 0
      ? 'each step is decided in time at the usual rate; times are those of half of all releases, nine of ten take up to twice as long'
      : `${slow} of ${planned.prospect.steps.length} steps ${slow > 1 ? 'have' : 'has'} no verdict in time at the usual rate`
  const advice = adviceOn(planned).flatMap((text) => signed(paint.canary('!'), text, options))
  return ['', ...advice, ...signed(sign, said, options)]
}

function signed(sign: string, text: string, options: Options): string[] {
  const [first = '', ...rest] = filled(text, options, SIGN_COLUMNS)
  return [`${sign} ${first}`, ...rest.map((line) => ' '.repeat(SIGN_COLUMNS) + line)]
}

function filled(text: string, { width }: Options, indent = 0): string[] {
  return wrapped(text, (width ?? Infinity) - indent)
}

/** Cells below each other, the first row being the heading. */
function aligned(rows: readonly string[][], paint: Paint): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => padded(cell, (widths[column] ?? 0) + GAP))
      .join('')
      .trimEnd(),
  )
  return lines.map((line, index) => (index === 0 ? paint.faint(line) : line))
}

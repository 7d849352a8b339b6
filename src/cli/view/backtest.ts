import type { Ending, Playback } from '../../core/analysis/replay.ts'
import type { Backtest, PastRelease, Twin } from '../analyzing/backtest.ts'
import { listed, ownMetricsOf } from '../analyzing/own-metrics.ts'
import type { Brush, Paint } from './paint.ts'
import { momentText, percentText } from './quantities.ts'
import { ageText, padded, plain, wrapped } from './text.ts'

interface Options {
  readonly paint: Paint
  /** Columns of the terminal; undefined: lines may be as long as they like. */
  readonly width: number | undefined
}

const WORDS: Readonly<Record<Ending, string>> = {
  Passed: 'passed',
  RolledBack: 'rolled back',
  Undecided: 'undecided',
  CutShort: 'over too soon',
}
const WORD_COLUMNS = 15

/** What would have been decided: versions against themselves, then the releases of the past. */
export function backtestLines(found: Backtest, options: Options): string[] {
  const { paint } = options
  const { subject, fromMs, toMs } = found
  const time = `${ageText(toMs - fromMs)} since ${momentText(fromMs)}`
  return [
    `${paint.strong(plain(subject.key))}  ${time}`,
    ...ownLines(found, options),
    '',
    ...twinLines(found, options),
    '',
    ...releaseLines(found, options),
  ]
}

function ownLines({ subject }: Backtest, { width = Infinity }: Options): string[] {
  const own = ownMetricsOf(subject.plan)
  if (own.length === 0) return []
  const verb = own.length > 1 ? 'are' : 'is'
  return wrapped(
    `${plain(listed(own))} ${verb} not replayed: only Istio's metrics are. What follows is without a word from ${own.length > 1 ? 'them' : 'it'}`,
    width,
  )
}

function twinLines({ twins, indivisible, subject }: Backtest, options: Options): string[] {
  const cannot = indivisible.map(
    (version) =>
      `${plain(version)} cannot be held against itself: it has one pod, or none with a proxy of its own, and one caller`,
  )
  if (twins.length === 0)
    return cannot.length > 0 ? cannot : ['The same against itself: the time is too short for a release']
  const by = new Set(twins.map((one) => (one.by === 'Destination' ? 'pods' : 'callers')))
  const versions = [...new Set(twins.map(({ version }) => plain(version)))].join(', ')
  const heading = `The same against itself (${versions}, ${[...by].join(' and ')} apart): ${twins.length} window${twins.length === 1 ? '' : 's'}`
  const promised = `at most ${percentText(subject.plan.falseRollback)} is promised`
  const lines = (['Passed', 'RolledBack', 'Undecided'] as const).flatMap((ending) => {
    const some = twins.filter(({ playback }) => playback.ending === ending)
    const share = percentText(some.length / twins.length)
    const more = ending === 'RolledBack' ? `; ${promised}` : detailOf(ending, some, subject.plan)
    return [`  ${padded(WORDS[ending], WORD_COLUMNS)}${padded(String(some.length), 6)}${share}${more}`]
  })
  const failed = twins.filter(({ playback }) => playback.ending === 'RolledBack')
  return [heading, ...lines, ...cannot, ...failed.flatMap((one) => failedTwin(one, options, subject.plan))]
}

type Steps = Backtest['subject']['plan']

function detailOf(ending: Ending, some: readonly Twin[], plan: Steps): string {
  if (some.length === 0) return ''
  if (ending === 'Passed') {
    const times = some.map(({ playback }) => lengthOf(playback)).toSorted((a, b) => a - b)
    const middle = times[Math.floor(times.length / 2)] ?? 0
    return `; usually in ${ageText(middle)}, the longest in ${ageText(times.at(-1) ?? 0)}`
  }
  const counts = plan.steps.map(
    ({ weight }, step) => [weight, some.filter(({ playback }) => playback.step === step).length] as const,
  )
  const where = counts.filter(([, count]) => count > 0).map(([weight, count]) => `${count} at ${weight} %`)
  return `; ${where.join(', ')}`
}

function failedTwin({ version, playback }: Twin, options: Options, plan: Steps): string[] {
  return sentenceOf(`${momentText(playback.startedMs)}  ${plain(version)}`, playback, { options, plan })
}

function releaseLines({ releases, subject }: Backtest, options: Options): string[] {
  if (releases.length === 0) return ['Past releases: none; no two versions had requests at a time']
  return [
    `Past releases: ${releases.length}`,
    ...releases.flatMap(({ span, playback }: PastRelease) => {
      const { stable, canary } = options.paint
      const title = `${momentText(span.fromMs)}  ${stable(plain(span.stable))} → ${canary(plain(span.canary))}`
      return sentenceOf(title, playback, { options, plan: subject.plan })
    }),
  ]
}

function sentenceOf(
  title: string,
  playback: Playback,
  { options, plan }: { readonly options: Options; readonly plan: Steps },
): string[] {
  const { paint, width = Infinity } = options
  const ending = playback.ending ?? 'CutShort'
  const brush: Brush = {
    Passed: paint.good,
    RolledBack: paint.bad,
    Undecided: paint.busy,
    CutShort: paint.busy,
  }[ending]
  const where = ending === 'Passed' ? '' : ` at ${plan.steps[playback.step]?.weight ?? 100} %`
  const head = `  ${title}  ${brush(WORDS[ending])}${where} after ${ageText(lengthOf(playback))}`
  const details = [stepsText(playback, plan), evidenceOf(playback)].filter((text) => text !== '')
  return [
    head,
    ...details.flatMap((text) => wrapped(text, width - 4)).map((line) => `    ${paint.faint(line)}`),
  ]
}

/** When each step would have passed, from its own beginning on. */
function stepsText({ passedMs, startedMs }: Playback, plan: Steps): string {
  const times = passedMs.map((at, step) => {
    const from = step === 0 ? startedMs : (passedMs[step - 1] ?? startedMs)
    return `${plan.steps[step]?.weight ?? 100} % in ${ageText(at - from)}`
  })
  return times.length === 0 ? '' : `passed ${times.join(', ')}`
}

/** Of what ended otherwise than in a pass: the metric that decided, or the first that did not. */
function evidenceOf({ judgement, ending }: Playback): string {
  if (judgement === undefined || ending === 'Passed') return ''
  const told =
    judgement.metrics.find(({ metric }) => metric === judgement.cause) ??
    judgement.metrics.find(({ verdict }) => verdict !== 'Pass')
  return told === undefined ? '' : `${plain(told.metric)}: ${plain(told.evidence)}`
}

function lengthOf({ startedMs, endedMs = startedMs }: Playback): number {
  return endedMs - startedMs
}

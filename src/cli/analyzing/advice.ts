import { bucketAnnotation } from '../../core/analysis/bucket-advice.ts'
import { isTooSlow, largerFirstWeight } from '../../core/analysis/prospect.ts'
import type { StepProspect } from '../../core/analysis/prospect.ts'
import { ageText } from '../view/text.ts'
import { hourText, percentText, rateText } from '../view/quantities.ts'
import { listed, ownMetricsOf } from './own-metrics.ts'
import type { Planned } from './plan.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Hours are not whole: the last sample is a little old. */
const ALMOST = 0.97

/** What somebody should know or change before the release, a sentence each; the most important first. */
export function adviceOn(planned: Planned): string[] {
  return [
    ...planned.incomparable,
    ...slowSteps(planned),
    ...quietHour(planned),
    ...aboutPods(planned),
    ...aboutBuckets(planned),
    ...aboutOwnMetrics(planned),
    ...shortHistory(planned),
  ]
}

function slowSteps(planned: Planned): string[] {
  return planned.prospect.steps.flatMap((step, index) => {
    if (!isTooSlow(step)) return []
    if (step.needs === undefined) return [neverPasses(step, planned)]
    return [tooSlow(step, index, planned)]
  })
}

function neverPasses({ weight, measures }: StepProspect, { stable }: Planned): string {
  const never = measures.find(({ needs }) => needs === undefined)
  const share = percentText(never?.usualShare ?? 0)
  return `${weight} %: ${never?.metric ?? ''} never passes: ${stable} itself has ${share}; raise its limit or its margins`
}

function tooSlow(step: StepProspect, index: number, { subject, habits }: Planned): string {
  const { weight, times, longestMs, holdMs } = step
  const time = Number.isFinite(times.usual)
    ? `takes ${ageText(times.usual)} at the usual ${rateText(habits.usual.perSecond)}`
    : 'gets no request'
  const said = `spec.steps[${index}]: ${weight} % ${time}, and waits ${ageText(longestMs)} at most`
  const larger = index === 0 ? largerFirstWeight(subject.plan, habits) : undefined
  const patience = ageText(Math.ceil((times.usual - holdMs) / MINUTE_MS) * MINUTE_MS)
  const remedies = [
    ...(larger === undefined ? [] : [`a first weight of ${larger} % would do`]),
    ...(Number.isFinite(times.usual) ? [`a patience of ${patience} would do`] : []),
  ]
  return [said, ...(remedies.length > 0 ? [remedies.join(', or ')] : [])].join('; ')
}

function quietHour({ prospect, habits }: Planned): string[] {
  const slow = prospect.steps.filter((step) => !isTooSlow(step) && step.times.quietest > step.longestMs)
  if (slow.length === 0) return []
  const weights = slow.map(({ weight }) => `${weight} %`).join(', ')
  const verb = slow.length > 1 ? 'have' : 'has'
  return [`in the quietest hour (${hourText(habits.quietest.fromMs)}) ${weights} ${verb} no verdict in time`]
}

function aboutPods({ habits, stable }: Planned): string[] {
  if (habits.pods === 0) {
    return [
      `no metrics of ${stable}'s own proxies (reporter="destination"): how bursty errors are is assumed and not measured, and errors that retries hide are not seen`,
    ]
  }
  if (habits.pods > 1) return []
  return [`${stable} has one pod: how bursty errors are is assumed and not measured`]
}

function aboutBuckets({ buckets, habits }: Planned): string[] {
  if (buckets.length === 0) return []
  const missing = buckets.map(({ metric, add, why }) => `${metric}: ${why}; add ${add.join(', ')} ms`)
  const annotation = bucketAnnotation(habits.buckets, buckets)
  return [...missing, `on the pods of both versions: sidecar.istio.io/statsHistogramBuckets: '${annotation}'`]
}

function aboutOwnMetrics({ subject }: Planned): string[] {
  return ownMetricsOf(subject.plan).map(
    (metric) =>
      `${listed([metric])} is not forecast: only Istio's metrics are. A step waits for it, too, and it may hold or end the release`,
  )
}

function shortHistory({ habits }: Planned): string[] {
  if (habits.knownMs >= ALMOST * DAY_MS) return []
  return [`Prometheus knows ${ageText(habits.knownMs)} of the last 24h: other hours may be quieter or busier`]
}

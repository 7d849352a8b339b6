import { PERCENT_PATTERN, durationMs } from '../../api/quantities.ts'
import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import { measuresOf } from '../analysis/measures.ts'
import type { Measure } from '../analysis/measures.ts'
import { proberMetrics } from '../faults/judging.ts'
import { scopeOf } from '../faults/whose.ts'
import type { Finding } from '../machine/state.ts'
import type { DueFault } from './fault-scene.ts'
import { isMeasured } from './readiness.ts'
import type { MetricsScene, Scene } from './scene.ts'

/** Limits of a probe that its metric cannot be held to. */
export function expectChecks({ plan, metrics }: Scene, { fault, field, name }: DueFault): Finding[] {
  if (scopeOf(fault) === 'Canary') return proberChecks(plan.metrics, { fault, field, name })
  const measures = measuresOf(plan.metrics)
  return (fault.expect ?? []).flatMap(({ metric, max }, index) => {
    const measure = measures.find((one) => one.name === metric)
    const problem = measure && problemOf(measure, max, metrics)
    if (problem === undefined) return []
    const message = `${field}.expect[${index}]: ${name} holds metric ${metric} to ${max}, ${problem}`
    return [{ reason: 'ProbeExpectUnfit', message }]
  })
}

/** A prober tells errors and times by itself, and nothing else. */
function proberChecks(metrics: readonly MetricSpec[], { fault, field, name }: DueFault): Finding[] {
  const unfit = (fault.expect ?? []).flatMap(({ metric, max }, index) => {
    const kind = metrics.find((one) => one.name === metric)?.istio
    const problem = proberProblem(kind, max)
    if (problem === undefined) return []
    return [`${field}.expect[${index}]: ${name} holds metric ${metric} to ${max}, ${problem}`]
  })
  const isHeld = proberMetrics(metrics, fault).length > 0
  const unheld = `${field}.expect: ${name} has no limit that its prober can tell of: name a metric of kind ErrorRate or Latency with its max`
  const messages = unfit.length > 0 || isHeld ? unfit : [unheld]
  return messages.map((message) => ({ reason: 'ProbeExpectUnfit', message }))
}

function proberProblem(kind: MetricSpec['istio'], max: string): string | undefined {
  const isShare = PERCENT_PATTERN.test(max)
  if (kind === 'ErrorRate') return isShare ? undefined : NEEDS_SHARE
  if (kind === 'Latency') return isShare ? NEEDS_DURATION : undefined
  return 'and a prober can tell only of metrics of kind ErrorRate and Latency; name one of these, or take it out'
}

const NEEDS_SHARE = 'a duration, and it needs a percentage such as 2%'
const NEEDS_DURATION = 'a percentage, and it needs a duration such as 800ms'

function problemOf({ kind }: Measure, max: string, metrics: MetricsScene): string | undefined {
  const isShare = PERCENT_PATTERN.test(max)
  switch (kind) {
    case 'ErrorRate':
    case 'ClientErrorRate':
    case 'Counts':
      return isShare ? undefined : NEEDS_SHARE
    case 'Latency':
      return isShare ? NEEDS_DURATION : boundaryProblem(max, metrics)
    case 'TrafficSplit':
    case 'Number':
      return 'and only ErrorRate, ClientErrorRate, Latency and counts can be held to another limit; name one of these, or take it out'
  }
}

/** Where there is no histogram at all, that is said of the metric itself. */
function boundaryProblem(max: string, metrics: MetricsScene): string | undefined {
  const { boundariesMs } = metrics
  if (boundariesMs.length === 0 || isMeasured(max, metrics)) return undefined
  const near = [
    boundariesMs.findLast((ms) => ms < durationMs(max)),
    boundariesMs.find((ms) => ms > durationMs(max)),
  ].flatMap((ms) => (ms === undefined ? [] : `${ms}ms`))
  return `where the latency histogram has no boundary; allowed near it: ${near.join(', ')}`
}

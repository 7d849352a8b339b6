import { PERCENT_PATTERN, durationMs } from '../../api/quantities.ts'
import { measuresOf } from '../analysis/measures.ts'
import type { Measure } from '../analysis/measures.ts'
import type { Finding } from '../machine/state.ts'
import type { DueFault } from './fault-scene.ts'
import { isMeasured } from './readiness.ts'
import type { MetricsScene, Scene } from './scene.ts'

/** Limits of a probe that its metric cannot be held to. */
export function expectChecks({ plan, metrics }: Scene, { fault, field, name }: DueFault): Finding[] {
  const measures = measuresOf(plan.metrics)
  return (fault.expect ?? []).flatMap(({ metric, max }, index) => {
    const measure = measures.find((one) => one.name === metric)
    const problem = measure && problemOf(measure, max, metrics)
    if (problem === undefined) return []
    const message = `${field}.expect[${index}]: ${name} holds metric ${metric} to ${max}, ${problem}`
    return [{ reason: 'ProbeExpectUnfit', message }]
  })
}

function problemOf({ kind }: Measure, max: string, metrics: MetricsScene): string | undefined {
  const isShare = PERCENT_PATTERN.test(max)
  switch (kind) {
    case 'ErrorRate':
    case 'ClientErrorRate':
    case 'Counts':
      return isShare ? undefined : 'a duration, and it needs a percentage such as 2%'
    case 'Latency':
      return isShare ? 'a percentage, and it needs a duration such as 800ms' : boundaryProblem(max, metrics)
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

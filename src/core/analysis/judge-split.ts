import type { MetricEvidence } from './evidence.ts'
import type { Measure } from './measures.ts'
import { splitSentence } from './sentences.ts'
import { splitLogE, toleratedOf } from './split.ts'
import { verdictOf } from './verdict.ts'
import type { Context, MetricVerdict } from './verdict.ts'

/** Whether the requests are split as the weight says. A split that is wrong is nobody's failure: it is never a Fail. */
export function judgeSplit(measure: Measure, { split }: MetricEvidence, context: Context): MetricVerdict {
  const { canary = 0, stable = 0 } = split?.total ?? {}
  const all = canary + stable
  const weight = context.course.weights[context.course.step] ?? 100
  const isWrong = split !== undefined && splitLogE(split) >= Math.log(1 / context.levels.alpha)
  const tail = isWrong ? `; more than ${100 * toleratedOf(measure)}% off: some requests take another way` : ''
  return verdictOf(measure, isWrong ? 'Unsure' : 'Pass', {
    evidence: splitSentence({ canary, all, weight }) + tail,
    seen: { total: all, bad: canary, phi: 1 },
  })
}

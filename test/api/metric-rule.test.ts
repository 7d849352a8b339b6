import { describe, expect, it } from 'vitest'
import { parseSpec } from '../../src/api/v1alpha1/rollout.ts'
import { badMetrics, goodMetrics } from './bad-metrics.ts'
import { exampleWith } from './specs.ts'
import type { JsonObject } from './specs.ts'

function problemsOf(metric: JsonObject): readonly string[] {
  const parsed = parseSpec(exampleWith(['analysis', 'metrics', 0], { name: 'own', ...metric }))
  return 'problems' in parsed ? parsed.problems : []
}

describe('a metric', () => {
  it.each(goodMetrics)('may be $claim', ({ metric }) => {
    expect(problemsOf(metric)).toEqual([])
  })

  it.each(badMetrics)('may not be $claim', ({ metric, problem }) => {
    const separator = /^[\w.[\]]+: /.test(problem) ? '.' : ': '
    expect(problemsOf(metric)).toContain(`spec.analysis.metrics[0]${separator}${problem}`)
  })
})

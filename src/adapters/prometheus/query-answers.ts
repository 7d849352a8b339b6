import { z } from 'zod'
import type { Reading } from '../../core/analysis/number.ts'
import type { LabeledSeries } from '../../core/analysis/istio.ts'
import { ProviderError } from '../../ports.ts'
import { whyPartial } from './answer.ts'
import type { Answer } from './ask.ts'
import { quote } from './problems.ts'
import { finite } from './series.ts'

/** What answers to queries of users say. */

const sample = z.tuple([z.number(), z.string()])
const labels = z.record(z.string(), z.string())
const data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: sample }),
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: sample.optional() })),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(sample).optional() })),
  }),
])
type Data = z.output<typeof data>

const wrapper = z.object({
  status: z.enum(['success', 'error']),
  data: z.unknown().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).nullish(),
  /** VictoriaMetrics, when some of its storage did not answer. */
  isPartial: z.boolean().optional(),
})

/** Prometheus refuses the query itself: it will not do so less the next time. */
class RefusedQuery extends ProviderError {}

/** Statuses by which Prometheus says that the query is wrong, or can't be computed. */
const REFUSALS: ReadonlySet<number> = new Set([400, 422])

/** The one number of an answer; also why there is none. */
export function numberIn(answer: Answer): Reading {
  try {
    return readingOf(data.parse(dataOf(answer)))
  } catch (error) {
    if (error instanceof RefusedQuery) return { kind: 'Bad', reason: error.message }
    if (error instanceof ProviderError) return { kind: 'ProviderError', reason: error.message }
    return { kind: 'ProviderError', reason: 'its answer is not that of Prometheus' }
  }
}

function readingOf({ resultType, result }: Data): Reading {
  switch (resultType) {
    case 'scalar':
      return numberOf(result[1])
    case 'vector': {
      const [only] = result
      if (only === undefined) return { kind: 'NoData' }
      if (result.length > 1) return bad(severalText(result.map(({ metric }) => metric)))
      return only.value === undefined ? bad('it is a histogram, not a number') : numberOf(only.value[1])
    }
    case 'matrix':
      return bad('it is a range of samples: the query must yield one number at a time')
    case 'string':
      return bad('it is a text')
  }
}

function numberOf(text: string): Reading {
  const value = Number(text.replace('Inf', 'Infinity'))
  if (text === 'NaN') return { kind: 'NoData' }
  return Number.isFinite(value) && text !== ''
    ? { kind: 'Number', value }
    : bad(`${text} is no finite number`)
}

function bad(reason: string): Reading {
  return { kind: 'Bad', reason }
}

/** "it has 2 elements, such as {pod="a"} and {pod="b"}: …" */
function severalText(all: readonly Readonly<Record<string, string>>[]): string {
  const shown = all.slice(0, 2).map((metric) => {
    const inner = Object.entries(metric).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    return `{${inner.join(',')}}`
  })
  return `it has ${all.length} elements, such as ${quote(shown.join(' and '))}: the query must yield one, for example by sum()`
}

/**
 * The counters in an answer, as raw samples.
 * @param versionLabel label that holds the version
 * Throws a ProviderError that says what is wrong.
 */
export function seriesIn(answer: Answer, versionLabel: string): LabeledSeries[] {
  const parsed = data.safeParse(dataOf(answer))
  if (!parsed.success || parsed.data.resultType !== 'matrix')
    throw new ProviderError('its answer is not that of Prometheus to a question for raw samples')
  return parsed.data.result.map(({ metric, values }) => {
    if (values === undefined) throw new ProviderError('a counter is a histogram: select its _count instead')
    return {
      instance: `${metric['job'] ?? ''}/${metric['instance'] ?? ''}`,
      version: metric[versionLabel] ?? '',
      samples: values.map(([seconds, value]) => [Math.round(seconds * 1000), finite(value)] as const),
    }
  })
}

/** The names in an answer to a question for the values of a label. Throws a ProviderError. */
export function namesIn(answer: Answer): string[] {
  const parsed = z.array(z.string()).safeParse(dataOf(answer))
  if (parsed.success) return parsed.data
  throw new ProviderError('its answer is not that of Prometheus to a question for names')
}

/** What an answer is about. Throws a ProviderError where it is an error, or lacks a part. */
function dataOf({ status, body }: Answer): unknown {
  const parsed = wrapper.safeParse(jsonOf(body))
  const said = parsed.data?.error === undefined ? '' : `: ${quote(parsed.data.error)}`
  if (REFUSALS.has(status)) throw new RefusedQuery(`the query is refused${said}`)
  if (status !== 200) throw new ProviderError(`it answered ${status}${said}`)
  if (!parsed.success) throw new ProviderError(`its answer is not that of Prometheus: ${kindOf(body)}`)
  if (parsed.data.status === 'error') throw new ProviderError(`it answered with an error${said}`)
  const partial = whyPartial(parsed.data)
  if (partial !== undefined) throw new ProviderError(partial)
  return parsed.data.data
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function kindOf(body: string): string {
  if (/^\s*</.test(body)) return 'it is a page of HTML'
  return jsonOf(body) === undefined ? 'it is no whole JSON' : 'it is of another kind'
}

import { durationMs, durationText } from '../../api/quantities.ts'
import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import { parseTemplate } from '../../api/v1alpha1/metric-template.ts'
import type { MetricTemplateSpec } from '../../api/v1alpha1/metric-template.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import { ParameterError, valuesOf } from '../../core/analysis/query/parameters.ts'
import { questionOf } from '../../core/analysis/query/source.ts'
import type { Question } from '../../core/analysis/query/source.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'

/** Shortest time that a query may look back: a rate needs several scrapes (milliseconds). */
const LEAST_WINDOW_MS = 60_000

/** A metric whose question can't be asked. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
}

/**
 * The question of a metric that is not Istio's own, as its MetricTemplate says now. Throws a QuestionError that says
 * what is wrong: the template is missing or invalid, a parameter has no value, or its kind does not fit the limits.
 * @param windowMs time since the reading before
 */
export function askedBy(
  metric: MetricSpec,
  measure: Pick<Measure, 'kind'>,
  { ports, state, windowMs }: { ports: Pick<Ports, 'templates'>; state: ReleaseState; windowMs: number },
): Question {
  const template = metric.templateRef && templateOf(ports, state, metric.templateRef.name)
  const values = builtInOf(state, windowMs)
  try {
    const known = valuesOf(values, template?.args ?? [], metric.templateRef?.args ?? [])
    const question = questionOf(template ?? metric, known)
    if ((question.kind === 'Counts') !== (measure.kind === 'Counts'))
      throw new QuestionError(misfit(question))
    return question
  } catch (error) {
    if (error instanceof ParameterError) throw new QuestionError(error.message)
    throw error
  }
}

function misfit({ kind }: Question): string {
  return kind === 'Counts'
    ? 'the template yields counts: max must be a percentage, or vsStable be set'
    : 'the template yields a plain number: min or max must be decimal numbers, such as "0.02"'
}

function templateOf(
  ports: Pick<Ports, 'templates'>,
  { rollout: { namespace } }: ReleaseState,
  name: string,
): MetricTemplateSpec {
  const raw = ports.templates.spec({ namespace, name })
  if (raw === undefined) throw new QuestionError(`there is no MetricTemplate ${namespace}/${name}`)
  const parsed = parseTemplate(raw)
  if ('template' in parsed) return parsed.template
  throw new QuestionError(`MetricTemplate ${namespace}/${name} is invalid: ${parsed.problems.join('; ')}`)
}

function builtInOf({ rollout, plan, stable, canary, version }: ReleaseState, windowMs: number) {
  return {
    namespace: rollout.namespace,
    service: plan.service,
    // Before a release both may be unknown; the question is only tried then.
    stable: stable?.version ?? version,
    canary: canary?.version ?? version,
    window: durationText(Math.max(windowMs, LEAST_WINDOW_MS)),
  }
}

/** Time between two readings of a metric (milliseconds). */
export function intervalOf({ interval }: MetricSpec, { plan }: ReleaseState): number {
  return interval === undefined ? plan.intervalMs : durationMs(interval)
}

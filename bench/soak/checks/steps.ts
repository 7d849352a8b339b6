import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import { isRoute, markIn, ownWrite, percents, versionOf } from './scene.ts'
import type { Check, OwnWrite, Scene } from './scene.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'

/** How far a release has come in one VirtualService. */
interface Course {
  /** Index of the highest step whose weight was written; -1 before the first. */
  highest: number
  /** Versions that had all traffic by this release. */
  readonly users: Set<string>
}

/**
 * Weights go up by the steps of the plan in their order, and to 100 % for good only after the last of them. Exempt are
 * the ways that know no steps: all for the canary while no pod of stable is ready, and back to the former stable.
 * @param steps weights that every release of the record was planned with
 */
export function stepsInOrder(steps: readonly number[]): Check {
  const courses = new Map<string, Course>()
  return {
    claim: '2: weights are raised only by the steps of the plan, in order',
    see(change, scene) {
      const write = ownWrite(change, scene)
      if (!write || !isRoute(write)) return []
      const mark = markIn(write.after)
      if (!mark) return []
      const key = `${change.namespace}/${change.name}/${mark.uid}/${mark.release}`
      const course = courses.get(key) ?? {
        highest: -1,
        users: new Set([markIn(write.before)?.stable ?? mark.stable]),
      }
      courses.set(key, course)
      return mark.canary === undefined
        ? onlyOne(write, mark, course, steps)
        : divided(write, mark, course, steps)
    },
  }
}

function divided(
  { change, after, before, scene }: OwnWrite<VirtualService>,
  mark: Mark,
  course: Course,
  steps: readonly number[],
): string[] {
  const found = percentOf(after, scene, mark.canary ?? '')
  const weight = mark.weight ?? 0
  const was = percentOf(before, scene, mark.canary ?? '')
  // A mark that is set again after a stranger leaves his weights for the moment.
  if (found !== weight)
    return found <= was ? [] : [`${change.name} gives ${found} %, its mark says ${weight} %`]
  const index = steps.indexOf(weight)
  if (weight === 0 || isStandIn(scene.status)) return []
  if (index < 0) return [`${change.name} goes to ${weight} %, which is no step`]
  if (index > course.highest + 1)
    return [`${change.name} goes to ${weight} %, before ${steps[course.highest + 1]} %`]
  course.highest = Math.max(course.highest, index)
  return []
}

function onlyOne(
  { change, before }: OwnWrite<VirtualService>,
  mark: Mark,
  course: Course,
  steps: readonly number[],
): string[] {
  const was = markIn(before)?.stable
  const isNew = !course.users.has(mark.stable)
  course.users.add(mark.stable)
  if (!isNew || course.highest === steps.length - 1) return []
  return [
    `${change.name} goes from ${was} to ${mark.stable} for good after step ${course.highest + 1} of ${steps.length}`,
  ]
}

function percentOf(object: VirtualService, { rule }: Scene, version: string): number {
  return [...percents(object)]
    .filter(([subset]) => versionOf(rule, subset) === version)
    .reduce((sum, [, percent]) => sum + Math.round(percent), 0)
}

function isStandIn({ conditions = [] }: RolloutStatus): boolean {
  return conditions.some(({ reason, status }) => reason === 'StableLost' && status === 'True')
}

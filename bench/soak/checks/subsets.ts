import type { DestinationRule, VirtualService } from '../../../src/core/traffic/types.ts'
import { isOurs, isRoute, ownWrite, percents } from './scene.ts'
import type { Check, OwnWrite, Scene } from './scene.ts'
import type { Change } from '../../../sandbox/kit/ledger.ts'

/** A subset stands in the DestinationRule before a write of ours gives it requests. */
export function namedIsKnown(): Check {
  /** `namespace/subset` that a stranger took out of the rule, until somebody puts it back. */
  const taken = new Set<string>()
  return {
    claim: '1: a subset is in the DestinationRule before it is named by us',
    see(change, scene) {
      if (change.kind === 'DestinationRule') noteTaken(taken, change)
      const write = ownWrite(change, scene)
      if (!write || !isRoute(write)) return []
      const [was, is] = [percents(write.before), percents(write.after)]
      return [...is]
        .filter(([subset, percent]) => percent > (was.get(subset) ?? 0))
        .filter(([subset]) => !has(scene.rule, subset) && !taken.has(`${change.namespace}/${subset}`))
        .map(([subset]) => `${change.name} names subset ${subset}, which the DestinationRule lacks`)
    },
  }
}

function noteTaken(taken: Set<string>, change: Change): void {
  const [was, is] = [subsetsOf(change.before), subsetsOf(change.after)]
  for (const subset of is) taken.delete(`${change.namespace}/${subset}`)
  if (isOurs(change)) return
  for (const subset of was) if (!is.includes(subset)) taken.add(`${change.namespace}/${subset}`)
}

/** A subset leaves the DestinationRule by us only when no write of ours names it. */
export function removedIsUnnamed(): Check {
  /** `namespace/object/subset` that a stranger named. */
  const strange = new Set<string>()
  return {
    claim: '1: a subset is un-named before it is removed by us',
    see(change, scene) {
      if (change.kind === 'VirtualService') noteNamed(strange, change)
      const write = ownWrite(change, scene)
      if (!write || isRoute(write)) return []
      const is = subsetsOf(write.after)
      const removed = subsetsOf(write.before).filter((subset) => !is.includes(subset))
      return removed.flatMap((subset) => namesOf(write, subset, strange))
    },
  }
}

function namesOf({ change, scene }: OwnWrite, subset: string, strange: ReadonlySet<string>): string[] {
  return [...scene.routes]
    .filter(
      ([name, object]) =>
        percents(object).has(subset) && !strange.has(`${change.namespace}/${name}/${subset}`),
    )
    .map(([name]) => `subset ${subset} is removed while VirtualService ${name} names it`)
}

function noteNamed(strange: Set<string>, change: Change): void {
  const { namespace, name, before, after } = change
  const [was, is] = [namedIn(before), namedIn(after)]
  for (const subset of is) {
    const key = `${namespace}/${name}/${subset}`
    if (isOurs(change)) strange.delete(key)
    else if (!was.includes(subset)) strange.add(key)
  }
}

function namedIn(object: Change['after']): string[] {
  return object ? [...percents(object as VirtualService).keys()] : []
}

function has(rule: Scene['rule'], subset: string): boolean {
  return subsetsOf(rule).includes(subset)
}

function subsetsOf(rule: Change['after'] | Scene['rule']): string[] {
  return (rule as DestinationRule | undefined)?.spec.subsets?.map(({ name }) => name) ?? []
}

import type { ObjectRef } from '../api/names.ts'
import type { FoundRollout } from '../ports-views.ts'

/** The Rollout of that name. Throws an Error that tells which others there are. */
export function named(rollouts: readonly FoundRollout[], { namespace, name }: ObjectRef): FoundRollout {
  const found = rollouts.find(({ meta }) => meta.name === name)
  if (found === undefined) throw new Error(missing({ namespace, name }, rollouts))
  return found
}

function missing({ namespace, name }: ObjectRef, rollouts: readonly FoundRollout[]): string {
  const others = rollouts.map(({ meta }) => meta.name).sort()
  const known =
    others.length === 0
      ? 'there are none; name another namespace with -n, or list all with "sluice get -A"'
      : `there are: ${others.join(', ')}`
  return `no Rollout ${name} in namespace ${namespace}; ${known}`
}

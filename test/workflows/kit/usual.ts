import { at, looksAt } from '../../core/analysis/looks.ts'
import { addLook, beginStep, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import { dueFault } from '../../../src/core/faults/progress.ts'
import type { ProbeResult, ProbeVerdict } from '../../../src/core/faults/progress.ts'
import type { ReleaseState } from '../../../src/core/machine/state.ts'
import type { ActionName, Answer, Call, Result } from './call.ts'

/** The version that users have. */
interface Cluster {
  users: string
}

/** Requests that one look of a scripted observer sees. */
export const REQUESTS_A_LOOK = 100

/** What happens when nothing goes wrong: every check passes, every write succeeds. */
export function usual(cluster: Cluster): Answer {
  const results: Record<ActionName, (call: Call) => Result> = {
    preflight: ({ state }) => preflight(cluster, state),
    prepare: () => ({ type: 'Prepared' }),
    raise: () => ({ type: 'Raised' }),
    probe: ({ state }) => ({ type: 'Probed', result: probedWith('Pass')(state), countedTo: Date.now() }),
    observe: ({ state }) => ({ type: 'Passed', evidence: afterLook(state), countedTo: Date.now() }),
    promote: ({ state }) => {
      cluster.users = state.canary?.version ?? cluster.users
      return { type: 'Promoted' }
    },
    retire: () => ({ type: 'Retired' }),
    lower: ({ state }) => {
      cluster.users = state.stable?.version ?? cluster.users
      return { type: 'Lowered' }
    },
    clean: () => ({ type: 'Cleaned' }),
    forget: () => ({ type: 'Forgotten' }),
  }
  return (call) => results[call.action](call)
}

function preflight({ users }: Cluster, { wanted }: ReleaseState): Result {
  if (wanted.version === users) return { type: 'Unneeded', floor: 0 }
  const [stable, canary] = [users, wanted.version].map((version) => ({ version, subset: version }))
  if (!stable || !canary) throw new Error('a release has two sides')
  return { type: 'Cleared', floor: 0, stable, canary, stablePods: 4, adopt: false }
}

/** What came of the probe that is due. Throws when none is. */
export function probedWith(verdict: ProbeVerdict): (state: ReleaseState) => ProbeResult {
  return (state) => {
    const fault = dueFault(state)
    if (fault === undefined) throw new Error('no fault probe is due')
    return { name: fault.name, host: fault.dependency ?? '', verdict, message: `it came to ${verdict}` }
  }
}

/** The evidence after one more look that saw only good answers. */
export function afterLook({ evidence, plan, step }: ReleaseState): Evidence {
  const limits = measuresOf(plan.metrics)
  const before = evidence ?? initialEvidence(limits, plan.steps.length)
  const good = Object.fromEntries(limits.map(({ name }) => [name, { total: REQUESTS_A_LOOK, bad: 0 }]))
  const weights = plan.steps.map(({ weight }) => weight)
  return addLook(beginStep(before, step), limits, looksAt(limits, good), at(step, weights))
}

import { requestsOf } from '../../src/core/analysis/evidence.ts'
import { initialState } from '../../src/core/machine/state.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { Plan } from '../../src/core/plan.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import type { Gathered } from '../../src/activities/observe/look.ts'
import { CANARY, ERRORS, RATES, STABLE, countAt, scrapesOf } from './traffic.ts'

/** Time between looks (milliseconds), as by default. */
export const INTERVAL_MS = 15_000

/** A release of a service of the synthetic traffic, at its first step. @param startedAt milliseconds since the epoch */
export function observedStep(
  service: string,
  startedAt: number,
  changes: Pick<Plan, 'steps' | 'metrics'>,
): ReleaseState {
  const plan: Plan = {
    generation: 1,
    service,
    versionLabel: 'version',
    virtualServices: [{ name: service }],
    destinationRule: service,
    intervalMs: INTERVAL_MS,
    warmupMs: 0,
    falseRollback: 0.01,
    progressDeadlineMs: 60_000,
    retirePolicy: 'Keep',
    retireAfterMs: 0,
    ...changes,
  }
  const rollout = { namespace: 'shop', name: service, uid: service }
  const wanted = { uid: service, version: CANARY, templateHash: '', plan, paused: false, deleting: false }
  return {
    ...initialState(rollout, wanted, startedAt),
    phase: 'Observing',
    step: 0,
    stable: { version: STABLE, subset: STABLE },
    canary: { version: CANARY, subset: CANARY },
  }
}

/** What is wrong when requests of the canary were not counted once each; undefined when they were. */
export function miscounted(
  { startedAt, plan, rollout }: ReleaseState,
  { countedTo, evidence }: Gathered,
): string | undefined {
  const host = fullHost({ name: plan.service, namespace: rollout.namespace })
  const [before = 0] = scrapesOf(host, { fromMs: startedAt - INTERVAL_MS, toMs: startedAt })
  const rate = RATES[CANARY] ?? 0
  const expected = [rate * (1 - ERRORS), rate * ERRORS].reduce(
    (sum, one) => sum + countAt(one, countedTo) - countAt(one, before),
    0,
  )
  const [seen] = Object.values(evidence.metrics)
  const total = seen === undefined ? 0 : requestsOf(seen)
  return total === expected
    ? undefined
    : `${plan.service}: ${total} requests were counted instead of ${expected}`
}

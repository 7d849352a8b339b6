import type { ReleaseState, Side } from '../../core/machine/state.ts'
import { brokenBudgets, budgetsText } from '../../core/policy/budgets.ts'
import type { Plan } from '../../core/plan.ts'
import { RefusedError } from '../../ports.ts'
import type { Ports, WorkloadView } from '../../ports.ts'
import { isToGo, podsOf, serviceOf, workloadsOf } from '../context.ts'
import { writeStatus } from '../perform.ts'
import { waitUntil } from '../waiting.ts'
import { isOvertaken } from './current.ts'

/** A version whose pods nobody needs any more. */
export interface Leave {
  readonly leaves: Side
  readonly stays: Side
  readonly policy: Plan['retirePolicy']
}

/**
 * Lets the workloads of a version go as the policy says. Pods too many harm nobody: what cannot be done is reported, since
 * a release that never ends would keep its Rollout from being deleted.
 */
export async function letGo(ports: Ports, state: ReleaseState, leave: Leave): Promise<void> {
  const { policy } = leave
  const left = workloadsOf(ports, state, leave.leaves.version).filter(
    ({ replicas }) => policy === 'Delete' || replicas !== 0,
  )
  if (policy === 'Keep' || left.length === 0) return
  const problem = isUsers(state, policy) ? MANUAL : await untilBudgetsAllow(ports, state, leave)
  if (problem !== undefined) return reportKept(ports, state, leave, problem)
  for (const workload of left) await (policy === 'Delete' ? remove : scaleDown)(ports, state, workload)
}

/** Who scales by himself scales down by himself, too; deletion is asked for by its own word. */
function isUsers({ plan }: ReleaseState, policy: Plan['retirePolicy']): boolean {
  return plan.capacity === 'Manual' && policy === 'ScaleToZero'
}

const MANUAL = 'spec.capacity is Manual'

/**
 * Waits until the pods that remain keep all budgets that they shared with those that go, as long as the canary's pods were
 * waited for, and not while something else is wanted. What stands in the way; undefined when nothing does.
 */
async function untilBudgetsAllow(
  ports: Ports,
  state: ReleaseState,
  leave: Leave,
): Promise<string | undefined> {
  let isTold = false
  const problem = await waitUntil(ports, state, async () => {
    const now = budgetProblem(ports, state, leave)
    if (now === undefined || isHurried(ports, state, leave)) return now ?? ''
    if (!isTold)
      await writeStatus(ports, state, { message: `${leave.leaves.version} is kept for now: ${now}` })
    isTold = true
    return undefined
  })
  return problem === '' ? undefined : problem
}

function budgetProblem(ports: Ports, state: ReleaseState, { leaves }: Leave): string | undefined {
  const { namespace } = state.rollout
  const budgets = ports.scaling.budgets(namespace)
  if (budgets.length === 0) return undefined
  const selector = ports.workloads.service(serviceOf(state))?.selector ?? {}
  const isLeaving = (labels: Readonly<Record<string, string>>) =>
    labels[state.plan.versionLabel] === leaves.version
  const broken = brokenBudgets(budgets, {
    leaving: podsOf(ports, state, leaves.version),
    remaining: ports.workloads.pods(namespace, selector).filter(({ labels }) => !isLeaving(labels)),
    workloads: ports.workloads
      .workloads(namespace, selector)
      .filter(({ podLabels }) => !isLeaving(podLabels)),
  })
  return broken.length === 0 ? undefined : budgetsText(broken)
}

function isHurried(ports: Ports, state: ReleaseState, leave: Leave): boolean {
  const { phaseAt, plan } = state
  const isLate = ports.clock.now() >= phaseAt + plan.progressDeadlineMs
  return isLate || isToGo(ports, state) || isOtherWanted(ports, state, leave)
}

/** Somebody waits for the next release. A version that failed is still named, and waits for nothing. */
function isOtherWanted(ports: Ports, state: ReleaseState, { leaves, stays }: Leave): boolean {
  const spec = ports.store.get(state.rollout)?.spec as { version?: unknown } | undefined
  const version = spec?.version ?? state.wanted.version
  const isFailed = state.ending?.failed === true && version === leaves.version
  return version !== stays.version && !isFailed
}

async function reportKept(
  ports: Ports,
  state: ReleaseState,
  { leaves }: Leave,
  problem: string,
): Promise<void> {
  const message = `the pods of ${leaves.version} are kept: ${problem}; scale it down yourself`
  const { seq } = state
  const type = problem === MANUAL ? 'Normal' : 'Warning'
  await ports.store.record(state.rollout, { type, reason: 'PodsKept', message, seq })
}

async function remove(ports: Ports, state: ReleaseState, workload: WorkloadView): Promise<void> {
  const problem = await whyNotRemoved(ports, state, workload)
  if (problem === undefined) return
  await scaleDown(ports, state, workload)
  const message = `${nameOf(workload)} was not deleted: ${problem}; it is scaled to 0 instead`
  await ports.store.record(state.rollout, {
    type: 'Warning',
    reason: 'DeleteRefused',
    message,
    seq: state.seq,
  })
}

/** Preflight has looked; but a tool may have taken the workload in hand since. */
async function whyNotRemoved(
  ports: Ports,
  state: ReleaseState,
  workload: WorkloadView,
): Promise<string | undefined> {
  if (isOvertaken(ports, state)) return undefined
  if (workload.trackedBy !== undefined) return `${workload.trackedBy} tracks it, and would bring it back`
  return refusalOf(async () => ports.scaling.remove(workload))
}

async function scaleDown(ports: Ports, state: ReleaseState, workload: WorkloadView): Promise<void> {
  const refusal =
    workload.replicas === undefined
      ? 'its kind has no replicas'
      : await refusalOf(async () =>
          ports.scaling.scale(workload, () => (isOvertaken(ports, state) ? undefined : 0)),
        )
  if (refusal === undefined) return
  const message = `${nameOf(workload)} was not scaled to 0: ${refusal}; scale it down yourself`
  await ports.store.record(state.rollout, {
    type: 'Warning',
    reason: 'ScaleDownRefused',
    message,
    seq: state.seq,
  })
}

async function refusalOf(write: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await write()
    return undefined
  } catch (error) {
    if (error instanceof RefusedError) return error.message
    throw error
  }
}

function nameOf({ resource, name }: WorkloadView): string {
  return `${resource}/${name}`
}

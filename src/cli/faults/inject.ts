import { durationText } from '../../api/quantities.ts'
import { keyOf } from '../../api/names.ts'
import { faultId } from '../../core/faults/record.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import { doesOf } from '../../core/faults/found.ts'
import { RefusedError } from '../../ports.ts'
import type { Cluster, Shell } from '../shell.ts'
import { ageText, plain } from '../view/text.ts'
import { callersOf } from './callers.ts'
import type { Callers } from './callers.ts'
import { dependencyHost } from './dependency.ts'
import { enforcementIn } from './enforcement.ts'
import type { Enforcement } from './enforcement.ts'
import { takeOut, whileItStands } from './stand.ts'
import type { Outcome, Standing } from './stand.ts'
import { inject, placeFor } from './target.ts'
import type { Place } from './target.ts'
import { whatOf } from './what.ts'
import type { WhatOptions } from './what.ts'

export interface InjectRequest extends WhatOptions {
  /** Name of the Rollout; absent: the only one. */
  readonly rollout: string | undefined
  readonly version?: string | undefined
  readonly dependency: string
  /** Milliseconds. */
  readonly duration: number
  readonly reason?: string | undefined
  /** Somebody has said yes to all questions. */
  readonly yes: boolean
}

/**
 * How much later than asked for the fault expires (milliseconds): the command is first then, and a controller that has to take a
 * fault out, and warns of it, means that something went wrong.
 */
const GRACE_MS = 2_000

/** All that is known before anything is written. */
interface Plan {
  readonly callers: Callers
  readonly host: string
  readonly place: Place
  readonly what: Pick<FaultRecord, 'abort' | 'delay'>
}

/**
 * Lets the calls of one version to a dependency meet a fault for a time, and takes it out again. Undefined: somebody said no.
 * Throws an Error that says what is wrong; nothing stands then, or it says so.
 */
export async function injectFor(
  shell: Shell,
  cluster: Cluster,
  request: InjectRequest,
): Promise<Outcome | undefined> {
  const plan = await planFor(shell, cluster, request)
  const enforcement = await enforcementIn(cluster.reader)
  if (!(await isConfirmed(shell, plan, enforcement, request))) return undefined
  const owner = await cluster.self()
  const interrupted = shell.interruption()
  const record = recordOf(plan, request, { owner, now: shell.now() })
  const endsAt = Date.parse(record.injectedAt) + request.duration
  const standing = { place: plan.place, record, endsAt }
  await begin(shell, cluster, standing)
  say(shell, beginText(plan, request))
  const outcome = await whileItStands(shell, cluster, standing, interrupted)
  await takeOut(shell, cluster, standing)
  say(shell, endText(standing, outcome, shell.now()))
  return outcome
}

async function planFor(shell: Shell, cluster: Cluster, request: InjectRequest): Promise<Plan> {
  const what = whatOf(request)
  const callers = await callersOf(cluster, request.rollout, request.version)
  const host = await dependencyHost(cluster, request.dependency, callers.service)
  const place = await placeFor(cluster, host, callers.service.namespace, shell.now())
  return { callers, host, place, what }
}

/** Says what this may do to users, and asks where it may do much. */
async function isConfirmed(
  shell: Shell,
  { callers }: Plan,
  enforcement: Enforcement,
  { yes }: InjectRequest,
): Promise<boolean> {
  const risks = [...riskToUsers(callers), ...riskOfStanding(enforcement)]
  for (const { text } of risks) shell.note(plain(text))
  if (yes || !risks.some(({ asks }) => asks)) return true
  const answer = await shell.confirm('Inject it all the same?')
  if (answer === undefined) throw new Error('nobody can be asked here; --yes injects it all the same')
  return answer
}

interface Risk {
  readonly text: string
  /** Only somebody who says so may take it. */
  readonly asks: boolean
}

function riskToUsers({ version, isStable, canaryWeight, rollout }: Callers): Risk[] {
  if (isStable) return [{ text: `Users have ${version}: they meet what becomes of its calls.`, asks: true }]
  if (canaryWeight === undefined) return []
  const users = `${canaryWeight} % of the requests go to ${version}`
  const text = `${users}: users meet what becomes of its calls, and the release of ${rollout} is judged by it.`
  return [{ text, asks: false }]
}

function riskOfStanding(enforcement: Enforcement): Risk[] {
  const alone = 'when this command is killed, nobody takes the fault out'
  if (enforcement === 'Missing')
    return [{ text: `No running Deployment of Sluice was found in this cluster: ${alone}.`, asks: true }]
  if (enforcement === 'Unknown')
    return [
      { text: `You may not see whether a controller of Sluice runs: without one, ${alone}.`, asks: false },
    ]
  return []
}

function recordOf(
  { callers, host, what }: Plan,
  { duration, reason }: InjectRequest,
  { owner, now }: { readonly owner: string; readonly now: number },
): FaultRecord {
  const { service, labels, rollout, version } = callers
  const name = `probe-${now.toString(36)}`
  return {
    id: faultId(owner, name),
    name,
    owner,
    reason: reason ?? `one-off probe of ${rollout} ${version}`,
    host,
    injectedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + duration + GRACE_MS).toISOString(),
    meets: { kind: 'Callers', namespace: service.namespace, labels },
    ...what,
  }
}

/** A write whose answer was lost may have been made. */
async function begin(shell: Shell, cluster: Cluster, standing: Standing): Promise<void> {
  try {
    await inject(cluster, standing.place, standing.record, shell.now())
  } catch (error) {
    if (!(error instanceof RefusedError)) await takeOut(shell, cluster, standing)
    throw error
  }
}

function beginText({ callers, host, place, what }: Plan, { duration }: InjectRequest): string {
  const { rollout, version, readyPods } = callers
  const pods = `${readyPods} ${readyPods === 1 ? 'pod' : 'pods'}`
  const where = `${place.isMade ? 'made ' : ''}VirtualService ${keyOf(place)}`
  return `injected for ${durationText(duration)}: ${doesOf(what)} for calls of ${rollout} ${version} (${pods}) to ${host}, in ${where}`
}

function endText({ place, record }: Standing, outcome: Outcome, now: number): string {
  const after = ageText(now - Date.parse(record.injectedAt))
  const key = `VirtualService ${keyOf(place)}`
  if (outcome === 'GoneBefore')
    return `gone after ${after} already: somebody took it out of ${key}, or replaced that`
  const what = place.isMade ? `${key} is removed` : `taken out of ${key}`
  return `${outcome === 'Interrupted' ? 'interrupted: ' : ''}${what} after ${after}`
}

function say({ output }: Shell, line: string): void {
  output.write(`${plain(line)}\n`)
}

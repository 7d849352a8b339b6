import { setTimeout as sleep } from 'node:timers/promises'
import { kubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { scheduleSweep } from '../../src/adapters/temporal/sweep-schedule.ts'
import type { SweepSummary } from '../../src/core/faults/report.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { applyObjects, demoNamespace } from '../../sandbox/manifests/index.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { AuditLog } from '../kit/audit.ts'
import type { ApiRequest } from '../kit/audit.ts'
import { CLUSTER, inLab } from '../kit/lab.ts'
import type { Lab } from '../kit/lab.ts'
import { ofSluice, quiet } from '../kit/quiet.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import { inhabitants } from './population.ts'
import type { Inhabitant, Population } from './population.ts'
import { sweepOutcome } from './report.ts'
import { differences, snapshot } from './snapshot.ts'

const POPULATION: Population = { plain: 900, stale: 30, overdue: 20, young: 15, kept: 25, running: 10 }
/** The shortest that there is; those that are made after it are young. */
const AFTER_MS = 60_000
const INTERVAL_MS = 3_600_000
const NAMESPACES = Array.from({ length: 5 }, (_, index) => `sweep-${index}`)
const SWEPT_WITHIN_MS = 120_000

/** A worker alone: a controller would be ahead of the sweep with what is ours. */
const SETTINGS = {
  SLUICE_ROLES: 'worker,server',
  SLUICE_SWEEP_INTERVAL: '1h',
  SLUICE_SWEEP_FOREIGN_FAULTS: 'Remove',
  SLUICE_SWEEP_FOREIGN_FAULTS_AFTER: '1m',
}

/** One sweep, and what it asked of the API server. */
export interface SweepSeen {
  readonly summary: SweepSummary
  readonly requests: readonly ApiRequest[]
}

/** Whether a sweep finds all faults that should not be there and only these, how long it takes, and what it asks. */
export async function benchSweep({ sandbox, task }: Site, _extent: Extent): Promise<Outcome> {
  const env = await sandbox()
  const client = kubernetesClient(env.kubeconfig)
  await applyObjects(
    client.config,
    NAMESPACES.map((name) => demoNamespace(name)),
  )
  const begunAt = Date.now()
  for (const what of ['stale', 'overdue', 'running', 'kept', 'plain'] as const) await populate(client, what)
  const rest = begunAt + 1.2 * AFTER_MS - Date.now()
  task.update(`${POPULATION.stale} faults grow old, for ${Math.max(0, Math.round(rest / 1000))} s`)
  await sleep(Math.max(0, rest))
  await populate(client, 'young')
  const before = await snapshot(client, NAMESPACES)
  task.update('the sweep at the start')
  const mark = new AuditLog(env.auditLog).mark()
  return inLab(env, SETTINGS, async (lab) => {
    const first = await seen(lab, 1, mark)
    task.update('a sweep that finds nothing new')
    const from = lab.audit.mark()
    const temporal = temporalClient({ address: env.temporal, namespace: 'default' })
    await scheduleSweep(temporal, CLUSTER, INTERVAL_MS)
    await temporal.connection.close()
    const second = await seen(lab, 2, from)
    const changed = differences(before, await snapshot(client, NAMESPACES))
    return sweepOutcome(POPULATION, { first, second, changed })
  })
}

async function populate(client: KubernetesClient, what: Inhabitant): Promise<void> {
  const share = POPULATION[what] / NAMESPACES.length
  await Promise.all(
    NAMESPACES.map(async (namespace) => applyObjects(client.config, inhabitants(what, share, namespace))),
  )
}

/** The sweep of a number, once nothing more comes of it. */
async function seen(lab: Lab, number: number, from: ReturnType<AuditLog['mark']>): Promise<SweepSeen> {
  const summary = await eventually(
    'the mesh is swept',
    async () => summaries(lab)[number - 1],
    SWEPT_WITHIN_MS,
  )
  await quiet(lab)
  return { summary, requests: ofSluice(lab.audit.since(from)) }
}

function summaries({ sluice }: Lab): SweepSummary[] {
  const lines = readSluiceLog(sluice.logFile) as unknown as (SweepSummary & { readonly message: string })[]
  return lines.filter(({ message }) => message === 'swept')
}

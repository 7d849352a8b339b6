import { SLUICE_USER } from '../kit/account.ts'
import type { ApiRequest, AuditMark } from '../kit/audit.ts'
import type { Lab } from '../kit/lab.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import { evidenceCompleteAt } from './prometheus.ts'
import type { Conditions } from './prometheus.ts'
import type { ProxyHistory } from './proxy-history.ts'
import type { Rollback } from './rollback.ts'
import type { RouteHistory } from './route-history.ts'
import { timingOf } from './timing.ts'
import type { Timing } from './timing.ts'

/** A rollback with its times, or with the reason why they are not known. */
export interface Measured {
  readonly rollback: Rollback
  readonly timing?: Timing
  readonly problem?: string
}

/** What was noted while the rollbacks went on. */
export interface Noted {
  /** Where in the audit log they began. */
  readonly mark: AuditMark
  readonly proxy: ProxyHistory
  readonly routes: RouteHistory
  readonly conditions: Conditions
}

/** Finds out where the time of each rollback went. */
export async function measureAll(
  { env, audit, sluice }: Lab,
  rollbacks: readonly Rollback[],
  { mark, proxy, routes, conditions }: Noted,
): Promise<Measured[]> {
  const writes = audit.since(mark).filter(isWrite)
  const log = readSluiceLog(sluice.logFile)
  const measure = async (rollback: Rollback): Promise<Timing> => {
    const { namespace } = rollback
    return timingOf(rollback, {
      writes: writes.filter((request) => request.namespace === namespace),
      routes: routes.of(namespace),
      proxy: proxy.of(namespace),
      log: log.filter((line) => line.rollout?.startsWith(`${namespace}/`)),
      evidenceAt: await evidenceCompleteAt(env.prometheus, rollback, conditions),
    })
  }
  const results: Measured[] = []
  for (const rollback of rollbacks) {
    try {
      results.push({ rollback, timing: await measure(rollback) })
    } catch (error) {
      const { namespace, version } = rollback
      results.push({ rollback, problem: `${namespace}: ${version}: ${(error as Error).message}` })
    }
  }
  return results
}

function isWrite({ user, verb, resource, code, isDryRun }: ApiRequest): boolean {
  const isUpdate = verb === 'update' && resource === 'virtualservices' && !isDryRun
  return user === SLUICE_USER && isUpdate && code === 200
}

import { eventually } from '../../sandbox/kit/sluice.ts'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import type { ApiRequest } from '../kit/audit.ts'
import type { Foreign } from '../kit/foreign.ts'
import type { Lab } from '../kit/lab.ts'
import { ofSluice, quiet } from '../kit/quiet.ts'
import { STABLE, applyRollout, isOver, meshOf, readyPods, statusOf } from '../kit/shops.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import { lateness } from './lateness.ts'
import { watchedProcesses } from './processes.ts'
import { INTERVAL_MS, NEXT, specOf } from './spec.ts'
import { measureStretch } from './stretch.ts'
import type { Stretch } from './stretch.ts'
import type { Traffic } from './traffic.ts'

const OVER_WITHIN_MS = 600_000

/** Releases that were started together, and what came of them. */
export interface Round {
  readonly releases: number
  readonly promoted: number
  readonly stretch: Stretch
  /** How long each took until it was promoted, in seconds. */
  readonly seconds: readonly number[]
  readonly late: readonly number[]
  readonly requests: readonly ApiRequest[]
  /** Its kinds are those since the load began. */
  readonly foreign: Foreign
  readonly notSent: number
  /** Times in which a canary was not watched. */
  readonly unwatched: number
  readonly remains: readonly string[]
}

/** Starts a release in each shop at the same moment and measures until all are over and the old pods are gone. */
export async function releaseAtOnce(
  lab: Lab,
  namespaces: readonly string[],
  traffic: Traffic,
): Promise<Round> {
  const before = namespaces.map((namespace) => ({ namespace, mesh: meshOf(lab, namespace) }))
  const troubles = traffic.troubles()
  const mark = lab.audit.mark()
  const startedAt = Date.now()
  const stretch = await measureStretch(watchedProcesses(lab.env.state), async () => {
    await Promise.all(namespaces.map(async (namespace) => applyRollout(lab, namespace, specOf(NEXT))))
    await eventually('all releases are over', async () => areOver(lab, namespaces), OVER_WITHIN_MS)
  })
  await quiet(lab)
  const log = readSluiceLog(lab.sluice.logFile).filter(({ at }) => at >= startedAt)
  const after = traffic.troubles()
  return {
    releases: namespaces.length,
    promoted: namespaces.filter((namespace) => resultOf(lab, namespace) === 'Promoted').length,
    stretch,
    seconds: namespaces.flatMap((namespace) => secondsOf(lab, namespace)),
    late: lateness(log, INTERVAL_MS),
    requests: ofSluice(lab.audit.since(mark)),
    foreign: { ...after.foreign, count: after.foreign.count - troubles.foreign.count },
    notSent: after.notSent - troubles.notSent,
    unwatched: log.filter(({ message }) => message === 'canary was not watched').length,
    remains: before.flatMap(({ namespace, mesh }) =>
      remainsOf(mesh, meshOf(lab, namespace), NEXT).map((line) => `${namespace}: ${line}`),
    ),
  }
}

function areOver(lab: Lab, namespaces: readonly string[]): boolean {
  return namespaces.every((namespace) => {
    if (!isOver(lab, namespace, NEXT)) return false
    return resultOf(lab, namespace) !== 'Promoted' || readyPods(lab, namespace, STABLE) === 0
  })
}

function resultOf(lab: Lab, namespace: string): string | undefined {
  return statusOf(lab, namespace).history?.[0]?.result
}

function secondsOf(lab: Lab, namespace: string): number[] {
  const ended = statusOf(lab, namespace).history?.[0]
  return ended ? [(Date.parse(ended.finishedAt) - Date.parse(ended.startedAt)) / 1000] : []
}

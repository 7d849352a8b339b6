import { setTimeout as sleep } from 'node:timers/promises'
import { queriesAnswered } from '../footprint/prometheus.ts'
import type { Lab } from '../kit/lab.ts'
import { ofSluice, split } from '../kit/quiet.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import { watchedProcesses } from '../release/processes.ts'
import { measureStretch } from '../release/stretch.ts'
import type { Stretch } from '../release/stretch.ts'
import { keptOf } from './held.ts'
import type { Kept } from './held.ts'

/** A time in which all releases did the same. */
export interface Phase {
  readonly what: string
  readonly stretch: Stretch
  /** Queries that Prometheus answered. */
  readonly queries: number
  /** Sluice's requests to the API server, without watches that were begun anew. */
  readonly requests: number
  readonly looks: number
  /** At the end, of each release that is under way. */
  readonly kept: readonly Kept[]
}

/** Measures for some seconds. @param namespaces those with a release */
export async function measurePhase(
  lab: Lab,
  namespaces: readonly string[],
  { what, seconds }: { what: string; seconds: number },
): Promise<Phase> {
  const { env, audit, sluice } = lab
  const mark = audit.mark()
  const queriesBefore = await queriesAnswered(env.prometheus)
  const startedAt = Date.now()
  const stretch = await measureStretch(watchedProcesses(env.state), async () => sleep(seconds * 1000))
  const queries = (await queriesAnswered(env.prometheus)) - queriesBefore
  const requests = split(ofSluice(audit.since(mark))).asked.length
  const log = readSluiceLog(sluice.logFile).filter(({ at }) => at >= startedAt)
  const looks = log.filter(({ message }) => message === 'looked').length
  return { what, stretch, queries, requests, looks, kept: await keptOf(env.temporal, namespaces) }
}

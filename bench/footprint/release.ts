import { workflowId } from '../../src/api/names.ts'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import type { ApiRequest } from '../kit/audit.ts'
import { CLUSTER } from '../kit/lab.ts'
import type { Lab } from '../kit/lab.ts'
import { ofSluice, quiet } from '../kit/quiet.ts'
import { applyRollout, isOver, meshOf, statusOf } from '../kit/shops.ts'
import { queriesAnswered } from './prometheus.ts'
import { temporalFootprint } from './temporal.ts'

const OVER_WITHIN_MS = 180_000

/** Which release. */
export interface Asked {
  readonly namespace: string
  readonly version: string
  readonly spec: Record<string, unknown>
}

/** What was seen of the release. */
export interface Seen {
  readonly result: string
  readonly seconds: number
  /** Sluice's requests to the API server. */
  readonly requests: readonly ApiRequest[]
  /** Queries to Prometheus. */
  readonly queries: number
  readonly temporal: Awaited<ReturnType<typeof temporalFootprint>>
  readonly remains: readonly string[]
}

/** Releases a version and counts what that asks of everybody. */
export async function releaseOnce(lab: Lab, { namespace, version, spec }: Asked): Promise<Seen> {
  const { env, audit } = lab
  const before = meshOf(lab, namespace)
  const queriesBefore = await queriesAnswered(env.prometheus)
  const mark = audit.mark()
  const startedAt = Date.now()
  await applyRollout(lab, namespace, spec)
  await eventually('the release is over', async () => isOver(lab, namespace, version), OVER_WITHIN_MS)
  const seconds = (Date.now() - startedAt) / 1000
  await quiet(lab)
  const id = workflowId(CLUSTER, { namespace, name: 'reviews' })
  return {
    result: statusOf(lab, namespace).history?.[0]?.result ?? 'nothing',
    seconds,
    requests: ofSluice(audit.since(mark)),
    queries: (await queriesAnswered(env.prometheus)) - queriesBefore,
    temporal: await temporalFootprint(env.temporal, id, startedAt),
    remains: remainsOf(before, meshOf(lab, namespace), version),
  }
}

import { remainsOf } from '../../sandbox/kit/remains.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import type { Lab } from '../kit/lab.ts'
import { STABLE, applyRollout, isOver, meshOf, statusOf } from '../kit/shops.ts'

const OVER_WITHIN_MS = 120_000

/** A release of a bad version, and what came of it. Times are milliseconds since the epoch. */
export interface Rollback {
  readonly namespace: string
  readonly version: string
  /** When it was asked for. */
  readonly askedAt: number
  readonly endedAt: number
  /** When the release began, and when the canary's weight was written, both as the status says. */
  readonly startedAt: number | undefined
  readonly raisedAt: number | undefined
  /** What should not be, one line each. */
  readonly wrong: readonly string[]
}

/** Asks for a bad version and waits until the release is over. */
export async function rollBack(
  lab: Lab,
  namespace: string,
  spec: Record<string, unknown> & { readonly version: string },
): Promise<Rollback> {
  const { version } = spec
  const before = meshOf(lab, namespace)
  const askedAt = Date.now()
  await applyRollout(lab, namespace, spec)
  await eventually(
    `the release of ${version} in ${namespace} is over`,
    async () => isOver(lab, namespace, version),
    OVER_WITHIN_MS,
  )
  const { release, history, stableVersion } = statusOf(lab, namespace)
  const result = history?.[0]?.result ?? 'nothing'
  return {
    namespace,
    version,
    askedAt,
    endedAt: Date.now(),
    startedAt: timeOf(release?.startedAt),
    raisedAt: timeOf(release?.stepStartedAt),
    wrong: [
      ...(result === 'RolledBack' ? [] : [`the release of ${version} ended with ${result}`]),
      ...(stableVersion === STABLE ? [] : [`users have ${stableVersion}`]),
      ...remainsOf(before, meshOf(lab, namespace), STABLE),
    ].map((line) => `${namespace}: ${line}`),
  }
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}

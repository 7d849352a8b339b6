import { bucketAdvice } from '../../core/analysis/bucket-advice.ts'
import type { BucketAdvice } from '../../core/analysis/bucket-advice.ts'
import { busiestVersion, habitsOf, hourSeen } from '../../core/analysis/habits.ts'
import type { Habits, HourSeen } from '../../core/analysis/habits.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import { prospectOf } from '../../core/analysis/prospect.ts'
import type { Prospect } from '../../core/analysis/prospect.ts'
import type { Archive } from './archive.ts'
import { withoutOwnMetrics } from './own-metrics.ts'
import type { Subject } from './subject.ts'

const HOUR_MS = 3_600_000
const HOURS = 24
/** As far apart as what a release knows of the hour before it. */
const STEP_MS = 60_000

/** What can be known of a release before it begins. */
export interface Planned {
  readonly subject: Subject
  readonly stable: string
  readonly habits: Habits
  readonly prospect: Prospect
  readonly buckets: readonly BucketAdvice[]
  /** Why stable is no measure just now, by metric. */
  readonly incomparable: readonly string[]
}

/** Plans a release from the last day. Throws an Error when Prometheus cannot be read, or knows nothing of the service. */
export async function planRelease(subject: Subject, archive: Archive, nowMs: number): Promise<Planned> {
  const measures = measuresIn(subject)
  const { stable, hours } = await lastDay(subject, archive, nowMs)
  const habits = habitsOf(hours, measures)
  if (stable === undefined || habits === undefined) throw archive.emptiness(HOURS * HOUR_MS)
  if (habits.outlooks.every(({ sides }) => sides.length === 0)) throw unknownVersion(subject, stable, archive)
  const latest = Object.values(hours.at(-1)?.looks ?? {})
  return {
    subject,
    stable,
    habits,
    prospect: prospectOf(subject.plan, habits),
    buckets: bucketAdvice(measures, habits.buckets, habits.growth),
    incomparable: [...new Set(latest.flatMap(({ incomparable }) => incomparable ?? []))],
  }
}

/** Those that can be forecast; the others share the chance of a false alarm all the same. */
function measuresIn({ key, plan }: Subject): Measure[] {
  return measuresOf(withoutOwnMetrics(key, plan, 'forecast').metrics)
}

function unknownVersion({ key }: Subject, stable: string, { versions }: Archive): Error {
  const known = [...versions].filter((version) => version !== '').toSorted()
  return new Error(
    `${key}: in the last day ${stable} answered no request; versions that did: ${known.join(', ')}; name the one that users have with --from`,
  )
}

/** The newest hour is read first: it tells who is stable, where nobody else does. */
async function lastDay(
  subject: Subject,
  archive: Archive,
  nowMs: number,
): Promise<{ stable: string | undefined; hours: HourSeen[] }> {
  const options = { measures: measuresIn(subject), alpha: subject.plan.falseRollback }
  let { stable } = subject
  const hours: HourSeen[] = []
  for (let hour = 0; hour < HOURS; hour++) {
    const toMs = nowMs - hour * HOUR_MS
    const window = { fromMs: toMs - HOUR_MS, toMs, startedMs: Infinity }
    const readings = await archive.read({ fromMs: window.fromMs - STEP_MS, toMs, stepMs: STEP_MS })
    stable ??= busiestVersion({ readings, window })
    const seen = stable === undefined ? undefined : hourSeen({ readings, window }, stable, options)
    if (seen !== undefined) hours.unshift(seen)
  }
  return { stable, hours }
}

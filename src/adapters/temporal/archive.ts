import { defaultPayloadConverter as converter } from '@temporalio/client'
import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { joined } from '../../core/analysis/record.ts'
import type { StepRecord } from '../../core/analysis/record.ts'
import type { ResultEvent } from '../../core/machine/event.ts'
import { readState } from '../../core/machine/older.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { KeptRelease, ReleaseArchive } from '../../ports-views.ts'
import type { ReleaseInput } from '../../workflows/release.ts'
import { readableError } from './errors.ts'

/** Deadline of a request (milliseconds). */
const DEADLINE_MS = 10_000
/** Executions of one workflow that are looked at; Temporal forgets old ones by itself. */
const MOST_EXECUTIONS = 200

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>
type HistoryEvent = NonNullable<History['events']>[number]
type Payload = Parameters<typeof converter.fromPayload>[0]

/** What one execution has of a release: all, or what came after it was carried on from the one before. */
interface Chapter {
  readonly execution: WorkflowExecutionInfo
  readonly input: ReleaseInput
  /** That of the last action. */
  readonly state: ReleaseState | undefined
  readonly results: readonly ResultEvent[]
  readonly records: readonly StepRecord[]
}

/** Reads what Temporal keeps of releases. Throws an Error that says what keeps it from that. */
export function temporalArchive(client: Client): ReleaseArchive {
  return {
    releases: async function* (workflowId) {
      try {
        const executions = await executionsOf(client, workflowId)
        let later: Chapter[] = []
        for (const execution of executions) {
          later = [await chapterOf(client, execution), ...later]
          if (!isBeginning(later)) continue
          const kept = keptRelease(later)
          if (kept !== undefined) yield kept
          later = []
        }
      } catch (error) {
        throw readableError(error, client.options.namespace)
      }
    },
  }
}

/** Newest first. */
async function executionsOf(client: Client, workflowId: string): Promise<WorkflowExecutionInfo[]> {
  const query = `WorkflowId = "${workflowId.replaceAll(/["\\]/g, '\\$&')}"`
  const found: WorkflowExecutionInfo[] = []
  await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    for await (const execution of client.workflow.list({ query })) {
      if (found.push(execution) >= MOST_EXECUTIONS) break
    }
  })
  return found.toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime())
}

async function chapterOf(client: Client, execution: WorkflowExecutionInfo): Promise<Chapter> {
  const handle = client.workflow.getHandle(execution.workflowId, execution.runId)
  return client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    const { events } = await handle.fetchHistory()
    const chapter = { execution, ...readEvents(events ?? []) }
    if (execution.status.name !== 'RUNNING') return chapter
    const { raw } = await handle.describe()
    const beats = (raw.pendingActivities ?? []).flatMap(
      ({ heartbeatDetails }) => recordIn(heartbeatDetails?.payloads) ?? [],
    )
    return { ...chapter, records: [...chapter.records, ...beats] }
  })
}

function readEvents(events: readonly HistoryEvent[]): Omit<Chapter, 'execution'> {
  const input = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]
  if (!input) throw new Error('its history has no beginning')
  const states = events.flatMap(
    ({ activityTaskScheduledEventAttributes: begun }) => begun?.input?.payloads ?? [],
  )
  const results = events.flatMap(
    ({ activityTaskCompletedEventAttributes: done }) => done?.result?.payloads ?? [],
  )
  const state = states.at(-1)
  return {
    input: converter.fromPayload<ReleaseInput>(input),
    state: state && readState(converter.fromPayload<ReleaseState>(state)),
    results: results.flatMap((payload) => converter.fromPayload<ResultEvent | null>(payload) ?? []),
    records: events.flatMap((event) => recordOf(event) ?? []),
  }
}

/** What an observer found, whether it came to an end or was overtaken. */
function recordOf({
  activityTaskCompletedEventAttributes: done,
  activityTaskCanceledEventAttributes: overtaken,
}: HistoryEvent): StepRecord | undefined {
  return recordIn(done?.result?.payloads) ?? recordIn(overtaken?.details?.payloads)
}

/** Events, heartbeats and what is told of cancelled observers all name it alike. */
function recordIn(payloads: readonly Payload[] | null | undefined): StepRecord | undefined {
  const [payload] = payloads ?? []
  return payload && converter.fromPayload<{ readonly record?: StepRecord } | null>(payload)?.record
}

/** Was this chapter not carried on from one before? */
function isBeginning([first]: readonly Chapter[]): boolean {
  const phase = first?.input.state?.phase
  return phase === undefined || phase === 'Preflight'
}

/** Undefined when it has not begun. */
function keptRelease(chapters: readonly Chapter[]): KeptRelease | undefined {
  const [first, last] = [chapters[0], chapters.at(-1)]
  const state = chapters.findLast((chapter) => chapter.state)?.state
  if (first === undefined || last === undefined || state === undefined) return undefined
  return {
    runId: first.execution.runId,
    startedAt: first.execution.startTime.getTime(),
    isOver: last.execution.status.name !== 'RUNNING',
    state,
    results: chapters.flatMap(({ results }) => results),
    records: joined(chapters.flatMap(({ records }) => records)),
  }
}
